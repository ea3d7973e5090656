"""Run: the whole way from papers to a release, in shards, which any number of processes or machines work on.

``extraction``  papers to records: all passes, assembly, validation
``part``        a shard of papers to a part of the release: the step that is repeated
``engines/``    who repeats it: processes of this machine, or a Ray cluster
``account``     what was read, beside the papers
``work``        what is done so far, on disk: papers in shards, parts, the lock
``code``        the hash of what extracts: code, data, model
``old``         records of an earlier release that need not be extracted again
``stream``      records in order, without a release (``glean extract``)
``whole``       all of it together: a release (``glean build``)
"""
