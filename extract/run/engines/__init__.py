"""Engines: who works on the shards. Each has a function ``run`` that yields what became of each shard."""
