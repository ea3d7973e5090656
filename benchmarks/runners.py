"""One process of a benchmark: gets ready, works through a file of papers, and prints what it took, as JSON.

    python benchmarks/runners.py RUNNER FILE [--part 0/2] [--first 200]

``whole.py`` starts these, one or two at a time. What is not installed is said in the answer, and how it is installed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import invented

Text = tuple[str, str]  # title, abstract
Work = Callable[[list[Text]], None]


def texts(path: Path) -> list[Text]:
    """Title and abstract of each paper of a file of JSON Lines."""
    with path.open(encoding="utf-8") as file:
        return [(entry["title"].strip(), entry["abstract"].strip()) for entry in map(json.loads, file)]


def spacy_ner() -> Work:
    """The packaged model as anybody runs a spaCy model: ``spacy.load``, with all that spaCy sets by itself."""
    import spacy

    import extract.prepare  # registers the tokenizer that the model names  # noqa: F401
    from extract.passes.ner.model import MODEL

    return _piped(spacy.load(MODEL))


def glean_ner() -> Work:
    """The same model as glean loads it."""
    from extract.passes.ner import load_ner
    from extract.prepare import make_doc

    nlp = load_ner()

    def work(papers: list[Text]) -> None:
        for doc in nlp.pipe(make_doc(nlp, *paper) for paper in papers):
            _ = doc.ents

    return work


def glean_rules() -> Work:
    """All rule components, without the trained pass."""
    from extract.passes import build_pipeline
    from extract.prepare import make_doc

    nlp = build_pipeline(ner=False)

    def work(papers: list[Text]) -> None:
        for doc in nlp.pipe(make_doc(nlp, *paper) for paper in papers):
            _ = doc.spans

    return work


def glean_records() -> Work:
    """Whole records: all passes, assembly, validation."""
    from extract.api import records
    from extract.read import Paper
    from extract.run.extraction import shared_pipeline

    shared_pipeline()

    def work(papers: list[Text]) -> None:
        for _ in records(Paper(*paper) for paper in papers):
            pass

    return work


def _quantities(name: str) -> Work:
    from quantity_libraries import FINDERS

    find = FINDERS[name]()

    def work(papers: list[Text]) -> None:
        for title, abstract in papers:
            for text in (title, abstract):
                for _ in find(text):
                    pass

    return work


def _piped(nlp: Any) -> Work:
    def work(papers: list[Text]) -> None:
        for doc in nlp.pipe("\n\n".join(paper) for paper in papers):
            _ = doc.ents

    return work


def small_pipeline() -> Work:
    """Tagger, parser and NER of the shapes of en_core_web_sm 3.8, with random weights: they make it no slower.

    Its lemmatizer and attribute ruler are left out.
    """
    import spacy
    from spacy.training import Example

    rows = {"NORM": 5000, "PREFIX": 1000, "SUFFIX": 2500, "SHAPE": 2500, "SPACY": 50, "IS_SPACE": 50}

    def tok2vec(attributes: Iterable[str]) -> dict[str, Any]:
        names = list(attributes)
        embed = {"width": 96, "attrs": names, "rows": [rows[n] for n in names], "include_static_vectors": False}
        encode = {"width": 96, "depth": 4, "window_size": 1, "maxout_pieces": 3}
        return {
            "@architectures": "spacy.Tok2Vec.v2",
            "embed": {"@architectures": "spacy.MultiHashEmbed.v2"} | embed,
            "encode": {"@architectures": "spacy.MaxoutWindowEncoder.v2"} | encode,
        }

    def transitions(state: str, words: dict[str, Any]) -> dict[str, Any]:
        sizes = {"extra_state_tokens": False, "hidden_width": 64, "maxout_pieces": 2, "use_upper": True}
        return {"@architectures": "spacy.TransitionBasedParser.v2", "state_type": state, "tok2vec": words} | sizes

    shared = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "tok2vec"}
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": tok2vec(rows)})
    nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": shared}})
    nlp.add_pipe("parser", config={"model": transitions("parser", shared), "min_action_freq": 1})
    nlp.add_pipe("ner", config={"model": transitions("ner", tok2vec(list(rows)[:4]))})
    # as many labels of each kind as that model has: 50 tags, 45 relations, 18 types
    doc = nlp.make_doc(" ".join(f"word{n}" for n in range(50)))
    example = {
        "tags": [f"T{n}" for n in range(50)],
        "heads": [0] * 50,
        "deps": ["ROOT", *(f"d{n % 44}" for n in range(49))],
        "entities": [f"U-E{n}" if n < 18 else "O" for n in range(50)],
    }
    nlp.initialize(lambda: [Example.from_dict(doc, example)])
    return _piped(nlp)


def gliner() -> Work:
    """GLiNER's architecture at the sizes of gliner_small-v2.1 (DeBERTa-v3-small), with random weights and four types.

    Its tokenizer is learned from the bundled sample; the threshold lets nothing through, so that random spans take no
    time to decode.
    """
    import torch
    from gliner import GLiNER
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    torch.set_num_threads(1)
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    trainer = trainers.WordPieceTrainer(vocab_size=4000, special_tokens=list(special.values()))
    tokenizer.train_from_iterator((paper["abstract"] for paper in invented.papers(40)), trainer)
    encoder = {"model_type": "deberta-v2", "hidden_size": 768, "num_hidden_layers": 6, "num_attention_heads": 12}
    encoder |= {"intermediate_size": 3072, "vocab_size": 128_100, "relative_attention": True, "position_buckets": 256}
    encoder |= {"max_relative_positions": -1, "norm_rel_ebd": "layer_norm", "share_att_key": True}
    encoder |= {"pos_att_type": ["p2c", "c2p"], "type_vocab_size": 0, "position_biased_input": False}
    with tempfile.TemporaryDirectory() as folder:
        PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
        config = {"model_name": folder, "encoder_config": encoder, "max_width": 12, "hidden_size": 512, "max_len": 384}
        model = GLiNER.from_config(config, backbone_from_pretrained=False)

    def work(papers: list[Text]) -> None:
        types = ["method", "task", "dataset", "metric"]
        with torch.inference_mode():
            model.inference(["\n\n".join(paper) for paper in papers], types, threshold=1.0, batch_size=8)

    return work


RUNNERS: dict[str, tuple[Callable[[], Work], str, str | None]] = {  # what it is, and what has to be installed
    "spacy-ner": (spacy_ner, "bare NER, as spaCy runs it", None),
    "glean-ner": (glean_ner, "bare NER, as glean runs it", None),
    "glean-rules": (glean_rules, "tokens and all rules of glean", None),
    "glean-records": (glean_records, "whole records of glean", None),
    "small-pipeline": (small_pipeline, "tagger, parser, ner of en_core_web_sm's shape", None),
    "gliner": (gliner, "GLiNER small, four types", "gliner"),
    "glean-quantities": (lambda: _quantities("glean's rules"), "quantities: glean's rules", None),
    "quantulum3": (lambda: _quantities("quantulum3"), "quantities: quantulum3", "quantulum3"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runner", choices=RUNNERS)
    parser.add_argument("file", type=Path)
    parser.add_argument("--part", default="0/1", help="which of how many parts of the papers")
    parser.add_argument("--first", type=int, help="only so many papers")
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    number, parts = map(int, args.part.split("/"))
    papers = texts(args.file)[: args.first][number::parts]
    make, _, package = RUNNERS[args.runner]
    try:
        work = make()
    except ImportError as error:
        print(json.dumps({"missing": f"not installed ({error.name}): pip install {package}"}))
        return
    work(papers[:8])
    begin, cpu = time.perf_counter(), time.process_time()
    work(papers)
    took = {"seconds": time.perf_counter() - begin, "cpu": time.process_time() - cpu}
    words = sum(len(f"{title} {abstract}".split()) for title, abstract in papers)
    print(json.dumps({"papers": len(papers), "words": words} | took))


if __name__ == "__main__":
    main()
