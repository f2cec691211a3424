"""Word vectors: what gensim writes in each form, what the original tools write, and files that break one rule each."""

import gzip

import numpy as np
from gensim.models import KeyedVectors

from .expectations import refusal, tensors, write_expectations

WORDS = ["</s>", "the", "of", "Übung", "日本", "new_york", "3.5", "nan"]
ODD = [b"the", b". . .", b"at name@domain.com", b"\xff\xfe", b"the", b"", b"a 1", "no\u00a0break".encode()]
WIDTH = 5


def vectors():
    values = np.random.default_rng(0).normal(0, 1, (len(WORDS), WIDTH)).astype("f4")
    values[2, 1], values[3, 0] = 1e-38, 3.4e38
    values[4] = [0, -0.0, 1, np.inf, 1e-45]
    values[5, 2] = np.nan
    return values


def contents(words, values):
    """The three tensors that a file is read as."""
    words = [word if isinstance(word, bytes) else word.encode() for word in words]
    offsets = np.cumsum([0] + [len(word) for word in words])
    return tensors({"vectors.weight": values, "words.bytes": np.frombuffer(b"".join(words), "u1"),
                    "words.offsets": offsets.astype("i8")})


def lines(words, values, end=b"\n"):
    """Rows of text; word2vec.c and fastText leave a space before the line's end."""
    rows = []
    for word, row in zip(words, values, strict=True):
        word = word if isinstance(word, bytes) else word.encode()
        rows.append(word + b" " + " ".join(repr(float(value)) for value in row).encode() + end)
    return b"".join(rows)


def from_gensim(folder):
    values = vectors()
    keyed = KeyedVectors(WIDTH)
    keyed.add_vectors(WORDS, values)
    keyed.save_word2vec_format(folder / "gensim.bin", binary=True)
    keyed.save_word2vec_format(folder / "gensim.vec")
    keyed.save_word2vec_format(folder / "gensim.txt", write_header=False)
    return {name: contents(WORDS, values) for name in ("gensim.bin", "gensim.vec", "gensim.txt")}


def from_tools(folder):
    values = vectors()
    head = f"{len(WORDS)} {WIDTH}\n".encode()
    binary = head + b"".join(w.encode() + b" " + v.tobytes() + b"\n" for w, v in zip(WORDS, values, strict=True))
    files = {"tool.bin": binary, "tool.vec": head + lines(WORDS, values, b" \n"),
             "packed.bin": gzip.compress(binary, mtime=0),
             "packed.vec": gzip.compress(head, mtime=0) + gzip.compress(lines(WORDS, values), mtime=0),
             "returns.vec": head.replace(b"\n", b"\r\n") + lines(WORDS, values, b"\r\n"),
             "unended.vec": (head + lines(WORDS, values)).rstrip(b"\n") + b"\n\n"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    expected = {name: contents(WORDS, values) for name in files}
    (folder / "odd-words.txt").write_bytes(lines(ODD, values))
    (folder / "odd-words.vec").write_bytes(head + lines(ODD, values))
    return expected | {name: contents(ODD, values) for name in ("odd-words.txt", "odd-words.vec")}


def refused(folder):
    values = vectors()
    text, rows = lines(WORDS, values), len(WORDS)
    head, binary = f"{rows} {WIDTH}\n".encode(), (folder / "gensim.bin").read_bytes()
    files = {
        "fewer.vec": (b"9 5\n" + text, "fewer words than the first line says"),
        "more.vec": (b"7 5\n" + text, "more after the last"),
        "fewer.bin": (binary.replace(head, b"9 5\n", 1), "fewer words"),
        "more.bin": (binary.replace(head, b"7 5\n", 1), "more after the last"),
        "short.bin": (binary[:-3], "fewer words"),
        "wider.vec": (b"8 6\n" + text, "row 1"),
        "huge-count.bin": (binary.replace(head, b"9223372036854775807 5\n", 1), "fewer words"),
        "huge-width.bin": (binary.replace(head, b"8 4611686018427387904\n", 1), "64 bits"),
        "short-row.txt": (text + b"short 1 2\n", "row 9"),
        "cut.gz": (gzip.compress(head + text * 20, mtime=0)[:-30], ""),
        "number.vec": (head + text.replace(b" 1.30", b" 1.3O", 1), "'1.3O"),
        "prose.txt": (b"All happy families are alike;\nevery unhappy family is unhappy in its own way.\n",
                      "a text, which begins 'All happy families are alike;'"),
        "table.txt": (b"1 2 3\n4 5 6\n", "a text"),
        "fasttext.bin": (b"\xba\x16\x4f\x2f" + bytes(60), "a model of fastText"),
    }
    for name, (content, _) in files.items():
        (folder / name).write_bytes(content)
    return {name: refusal(text) for name, (_, text) in files.items()}


def make(folder):
    write_expectations(folder, {**from_gensim(folder), **from_tools(folder), **refused(folder)})
