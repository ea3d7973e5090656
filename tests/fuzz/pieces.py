"""Hostile pieces of text, and small cases of them to begin from. All texts are invented.

A case is UTF-8 text: the title, a line ``---``, the abstract; further papers stand behind a line ``===``.
"""

from __future__ import annotations

PART, PAPER = "\n---\n", "\n===\n"

CONTROL = (
    *("\0", "\a", "\b", "\t", "\n", "\v", "\f", "\r", "\r\n", "\n\n", "\x1c", "\x1f", "\x7f", "\x85", "\xa0", "\xad"),
    *("\x1b[2J", "\x1b]0;owned\a", "\x1b]8;;https://example.org\x1b\\", "\x9b31m", "\u2028", "\u2029"),
    *("\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u061c", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e"),
    *("\u2060", "\u2066", "\u2067", "\u2068", "\u2069", "\ufeff", "\ufffe", "\uffff", "\ue000", "\U000e0041"),
)
LETTERS = (
    *("e\u0301", "\u0301", "\u0336" * 30, "a\u20dd", "Z\u0351\u036b\u0343\u0321\u032b", "\u1100\u1161\u11a8", "각"),
    *(
        "İ",
        "ı",
        "ß",
        "ẞ",
        "ŉ",
        "ǰ",
        "ΐ",
        "ﬃ",
        "ﬅ",
        "ſ",
        "\u212a",
        "\u212b",
        "ﷺ",
        "㎢",
        "™",
        "Ǆ",
        "ς",
        "中文",
        "עברית",
        "ไทย",
    ),
    *("𝔘", "𐍈", "🦑", "👩\u200d👩\u200d👧\u200d👦", "🇩🇪", "👍🏽", "2\ufe0f\u20e3", "\U0010ffff"),
)
NUMBERS = (
    *("2x", "2.5×", "$2.5\\times$", "$2.5 \\times$", "2.16timessim2.50times", "times1.5", "kge3", "33\\%", "5%", "0%"),
    *(
        "100%",
        "100.0000%",
        "150%",
        "-3%",
        "0x",
        "0.0000000001x",
        "1e9999x",
        "9" * 400 + "x",
        "9" * 400 + ".5%",
        "1" * 5000,
    ),
    *("1,000,000x", "1,00x", "2x-3x", "3x-2x", "1–2×", "2x to 3x", "2 times", "1.", ".5x", "1.2.3x", "∞x", "2^10x"),
    *("$10^{400}$", "½x", "²x", "2²x", "①x", "Ⅷx", "٣x", "٣٫٥%", "３x", "𝟚×", "፩x", "NaN%", "two times", "twice", "x2"),
    *("10 ms", "1.5 dB", "95.1", "95.1, 94.2 and 93.3", "3-4-5", "1/3", "+2.0", "~3x", ">2x", "≥ 2x", "\\sim 2\\times"),
)
WORDS = (
    *(
        "faster than",
        "slower than",
        "a speedup of",
        "speedup over",
        "compared to",
        "compared with",
        "outperforms",
        "vs.",
    ),
    *("improves", "reduces", "by", "from", "to", "up to", "on average", "at least", "accuracy of", "BLEU", "mAP", "F1"),
    *(
        "on ImageNet",
        "CIFAR-10",
        "COCO",
        "latency",
        "memory",
        "training time",
        "fewer parameters",
        "respectively",
        "and",
    ),
    *("or", ",", ".", ":", ";", "?", "We propose", "called", "our", "Foo", "Foo-Net", "FooNet:", "BarNet (BN)", "BERT"),
    *("Alpha Beta Corp (ABC)", "(ABC)", "ABC", "(alpha beta corp)", ", or ABC", "state-of-the-art", "the", "a method"),
    *(
        "e.g.",
        "i.e.",
        "et al.",
        "Refocused.Through",
        "GPT-3.5",
        "https://example.org/a....",
        "www.a.b",
        "without loss in",
    ),
)
BRACKETS = (
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "⟨",
        "$",
        "$$",
        "\\(",
        "\\[",
        "\\begin{a}",
        "\\textbf{",
        "\\cite{x}",
        "\\",
        "~",
        "^",
    ),
    *("_", "-", "--", "–", "—", "/", "'", '"', "``", "''", "“", "’s", "*", "×", "=", "<", ">", "%", "#", "&", "|", "@"),
)
MARKUP = (
    *(
        "<script>hurt()</script>",
        "</script>",
        "<!--",
        "-->",
        "<img src=x onerror=hurt()>",
        "</title>",
        "</style>",
        "<b>",
    ),
    *(
        "<canary>",
        "&lt;canary&gt;",
        "&#60;canary&#62;",
        "&amp;",
        "]]>",
        "<?x",
        "{{ 7*7 }}",
        "{% x %}",
        "${1}",
        "%s%n{0}",
    ),
    *("| a | b |", "\\|", "`", "```", "~~~", "---", "- - -", "...", "# head", "[a](javascript:hurt())", "![](//a.b/c)"),
    *("<https://example.org>", "!!python/object/apply:os.system [x]", "!!str", "&a *a", "%YAML 9", "? :", "\\u0000"),
    *("=cmd()", "@SUM(1)", "../../x", "/etc/x", "[bold red]x[/]", ":smile:", "\\x1b[2J", "''", "\\\\"),
)
PIECES = (*CONTROL, *LETTERS, *NUMBERS, *WORDS, *BRACKETS, *MARKUP)
"""What is put in between, and repeated."""

TEXTS = tuple(
    text.replace("---", PART).encode()
    for text in (
        "FooNet: Faster Foo---We propose FooNet (FN), which is 2.5× faster than Bar on ImageNet and COCO.",
        "A Study of Bars---Accuracy rises from 71.2% to 73.5%, and memory falls by 40%, compared with BERT.",
        "Alpha Beta Corp (ABC)---ABC reaches 95.1, 94.2 and 93.3 F1 on A, B and C, respectively. It needs 10 ms.",
        "\u202eoof\u202c <script>hurt()</script>---It is $2.16\\times$–$2.50\\times$ faster\x1b[2J than e\u0301 (E🦑).",
    )
)
"""Cases to begin from."""


def papers(data: bytes) -> list[tuple[str, str]]:
    """Titles and abstracts of a case; bytes that are not UTF-8 become lone surrogates, as readers leave them."""
    found = []
    for text in data.decode("utf-8", "surrogateescape").split(PAPER):
        first, part, rest = text.partition(PART)
        found.append((first, rest) if part else ("A Title", first))
    return found
