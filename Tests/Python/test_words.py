"""gensim opens the word vectors that `crosswalk convert` wrote, and what gensim wrote is read; so does a reader of a few lines."""

import numpy as np
import pytest
from gensim.models import KeyedVectors

from conftest import CONTAINERS

FOLDER = CONTAINERS / "words"
FORMS = {"vec": {"binary": False}, "w2v": {"binary": True}, "glove": {"binary": False, "no_header": True}}


def load(path, form):
    """The words and vectors that gensim finds, of a binary file or a text with or without its first line."""
    keyed = KeyedVectors.load_word2vec_format(path, **FORMS[form])
    return [word.encode() for word in keyed.index_to_key], keyed.vectors


def table(crosswalk, path):
    """The words and vectors that Crosswalk finds."""
    read = crosswalk.read(path)
    data, offsets = read["words.bytes"].tobytes(), read["words.offsets"]
    return [data[a:b] for a, b in zip(offsets, offsets[1:], strict=False)], read["vectors.weight"]


def same(ours, theirs):
    assert ours[0] == theirs[0]
    assert ours[1].tobytes() == theirs[1].astype("f4").tobytes()


@pytest.fixture
def keyed(tmp_path):
    """A table of gensim's own, of more rows than are read at a time, and its three files."""
    values = np.random.default_rng(1).normal(0, 1, (1500, 8)).astype("f4")
    keyed = KeyedVectors(8)
    keyed.add_vectors([f"wörd{i}" for i in range(1500)], values)
    keyed.save_word2vec_format(tmp_path / "a.bin", binary=True)
    keyed.save_word2vec_format(tmp_path / "a.vec.gz")
    keyed.save_word2vec_format(tmp_path / "a.txt", write_header=False)
    return tmp_path, ([word.encode() for word in keyed.index_to_key], keyed.vectors)


@pytest.mark.matrix("word vectors", "read", "write")
def test_gensim_reads_every_form_of_what_it_wrote(crosswalk, keyed):
    folder, theirs = keyed
    for source in ("a.bin", "a.vec.gz", "a.txt"):
        found = crosswalk.json("inspect", folder / source)
        assert found["container"] == "word vectors" and found["family"] == "word-vectors"
        assert (found["metadata"]["words"], found["metadata"]["width"]) == (1500, 8)
    for form in FORMS:
        crosswalk.convert(folder / "a.vec.gz", folder / f"b.{form}")
        same(load(folder / f"b.{form}", form), theirs)


@pytest.mark.matrix("word vectors", "read", "write")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("by", ["h5", "safetensors", "pt", "npz"])
def test_words_come_back_by_way_of_other_containers(crosswalk, by, form, tmp_path):
    crosswalk("convert", FOLDER / "tool.bin", tmp_path / f"a.{by}")
    crosswalk("convert", tmp_path / f"a.{by}", tmp_path / f"b.{form}")
    theirs = KeyedVectors.load_word2vec_format(FOLDER / "gensim.bin", binary=True)
    same(load(tmp_path / f"b.{form}", form), ([word.encode() for word in theirs.index_to_key], theirs.vectors))
    if form == "w2v" and by == "h5":
        assert (tmp_path / "b.w2v").read_bytes() == (FOLDER / "tool.bin").read_bytes()


def test_words_that_are_no_text_come_back(crosswalk, tmp_path):
    for by in ("h5", "safetensors"):
        crosswalk("convert", FOLDER / "odd-words.txt", tmp_path / f"a.{by}")
        crosswalk("convert", tmp_path / f"a.{by}", tmp_path / "b.glove", "--force")
        same(table(crosswalk, tmp_path / "b.glove"), table(crosswalk, FOLDER / "odd-words.vec"))
        assert "row 2" in crosswalk.refusal("convert", tmp_path / f"a.{by}", tmp_path / "b.w2v")


def test_differences_are_of_words_too(crosswalk, tmp_path):
    crosswalk("diff", FOLDER / "packed.vec", FOLDER / "tool.bin")
    text = (FOLDER / "gensim.vec").read_bytes()
    (tmp_path / "a.vec").write_bytes(text.replace(b"the ", b"tho ", 1))
    crosswalk("convert", FOLDER / "gensim.vec", tmp_path / "b.h5")
    found = crosswalk.json("diff", tmp_path / "a.vec", tmp_path / "b.h5", status=1)
    assert [row["name"] for row in found["rows"] if row["verdict"] == "differs"] == ["words.bytes"]


def test_vectors_embed(crosswalk, tmp_path):
    (tmp_path / "in.json").write_text('{"input_ids": [[1, 2, 0], [7, 1, 1]]}')
    crosswalk("convert", FOLDER / "gensim.vec", tmp_path / "a.h5")
    vectors = KeyedVectors.load_word2vec_format(FOLDER / "gensim.vec").vectors
    for source in (FOLDER / "gensim.vec", tmp_path / "a.h5"):
        crosswalk("run", source, "--inputs", tmp_path / "in.json", "--output", tmp_path / "run.safetensors")
        ours = crosswalk.read(tmp_path / "run.safetensors")["outputs/vectors"]
        assert ours.tobytes() == vectors[[[1, 2, 0], [7, 1, 1]]].tobytes()


def test_vectors_are_the_embedding_of_an_architecture_by_hand(crosswalk, tmp_path):
    (tmp_path / "bag.json").write_text("""{"format": "crosswalk.architecture", "version": 1,
        "inputs": {"input_ids": {"dtype": "integer", "axes": ["batch", "sequence"]}},
        "nodes": [{"name": "vectors", "operation": "embedding", "input": "input_ids", "rows": 8, "width": 5},
                  {"name": "bag", "operation": "reduce", "input": "vectors", "axes": [1], "function": "mean"}],
        "outputs": {"bag": "bag"}}""")
    (tmp_path / "in.json").write_text('{"input_ids": [[1, 2, 0]]}')
    crosswalk("run", FOLDER / "gensim.vec", "--family", tmp_path / "bag.json", "--inputs", tmp_path / "in.json",
              "--output", tmp_path / "run.safetensors")
    vectors = KeyedVectors.load_word2vec_format(FOLDER / "gensim.vec").vectors
    ours = crosswalk.read(tmp_path / "run.safetensors")["outputs/bag"]
    np.testing.assert_allclose(ours, vectors[[1, 2, 0]].mean(0, keepdims=True), rtol=1e-6)
