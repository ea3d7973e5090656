"""The language of an abstract."""

from __future__ import annotations

import subprocess
import sys

import pytest

from extract.prepare.language import language_of

TEXTS = {
    "en": "We propose Zork, a parser that reads logs from the network and answers in half the time of its rivals.",
    "de": "Wir stellen Zork vor, einen Parser, der Protokolle liest und doppelt so schnell antwortet wie die anderen.",
    "fr": "Nous proposons Zork, un analyseur qui lit les journaux du réseau et répond deux fois plus vite.",
    "es": "Proponemos Zork, un analizador que lee los registros de la red y responde el doble de rápido que los demás.",
    "nl": "We presenteren Zork, een parser die logboeken van het netwerk leest of herkent en snel antwoordt.",
    "no": "Vi foreslår Zork, en tolk som leser logger for nettverket og svarer raskt for to av tre oppgaver.",
    "pl": "Proponujemy parser Zork. To pierwsze narzędzie, które czyta dzienniki sieci i odpowiada dwa razy szybciej.",
    "zh": "我们提出了一种名为左克的解析器，它可以读取网络日志，并且回答速度是其他方法的两倍，同时占用更少的内存。",
    "ru": "Мы предлагаем анализатор Зорк, который читает журналы сети и отвечает вдвое быстрее, чем все остальные.",
}


@pytest.mark.parametrize(("code", "text"), TEXTS.items())
def test_languages(code: str, text: str) -> None:
    assert language_of(text) == code


def test_english_titles_in_another_language_do_not_make_it_english() -> None:
    text = 'Wir vergleichen Zork mit "Reading of the Logs" und mit "The Art of Parsing", ' + TEXTS["de"]
    assert language_of(text) == "de"


def test_symbols_and_few_words_are_no_language() -> None:
    for text in ("", "ResNet-50 vs. ViT-B/16: 91.2 %", "$x^2 + y^2 = z^2$ " * 30):
        assert language_of(text) is None


def test_plain_english_needs_no_model() -> None:
    code = (
        f"from extract.prepare.language import language_of\nimport sys\nassert language_of({TEXTS['en']!r}) == 'en'\n"
    )
    code += "assert 'py3langid' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
