"""The Transformer of 2017, as those who wrote it again name its parts."""

import copy
import math

import torch
from torch import nn
from torch.nn import functional

from . import System
from .proof import save
from .recurrent import ids

ROW = "The 2017 Transformer whole"
SOURCES, TARGETS, BATCH, WIDTH, HEADS = 19, 17, 3, 12, 3


# MARK: The Annotated Transformer


def clones(module, count):
    return nn.ModuleList([copy.deepcopy(module) for _ in range(count)])


def attention(query, key, value, mask):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    table = scores.softmax(-1)
    return table @ value, table


class MultiHeadedAttention(nn.Module):
    def __init__(self, h, d_model):
        super().__init__()
        self.d_k, self.h = d_model // h, h
        self.linears = clones(nn.Linear(d_model, d_model), 4)

    def forward(self, query, key, value, mask=None):
        mask = mask if mask is None else mask.unsqueeze(1)
        query, key, value = [linear(x).view(len(query), -1, self.h, self.d_k).transpose(1, 2)
                             for linear, x in zip(self.linears, (query, key, value))]
        x, _ = attention(query, key, value, mask)
        return self.linears[-1](x.transpose(1, 2).contiguous().view(len(x), -1, self.h * self.d_k))


class LayerNorm(nn.Module):
    """By the deviation of a sample, with epsilon added to it."""

    def __init__(self, features, eps=1e-6):
        super().__init__()
        self.a_2, self.b_2, self.eps = nn.Parameter(torch.ones(features)), nn.Parameter(torch.zeros(features)), eps

    def forward(self, x):
        return self.a_2 * (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + self.eps) + self.b_2


class SublayerConnection(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.norm, self.dropout = LayerNorm(size), nn.Dropout(0.1)

    def forward(self, x, sublayer):
        return x + self.dropout(sublayer(self.norm(x)))


class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.w_1, self.w_2, self.dropout = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model), nn.Dropout(0.1)

    def forward(self, x):
        return self.w_2(self.dropout(self.w_1(x).relu()))


class EncoderLayer(nn.Module):
    def __init__(self, size, self_attn, feed_forward):
        super().__init__()
        self.self_attn, self.feed_forward, self.sublayer = self_attn, feed_forward, clones(SublayerConnection(size), 2)

    def forward(self, x, mask):
        x = self.sublayer[0](x, lambda x: self.self_attn(x, x, x, mask))
        return self.sublayer[1](x, self.feed_forward)


class DecoderLayer(nn.Module):
    def __init__(self, size, self_attn, src_attn, feed_forward):
        super().__init__()
        self.self_attn, self.src_attn, self.feed_forward = self_attn, src_attn, feed_forward
        self.sublayer = clones(SublayerConnection(size), 3)

    def forward(self, x, memory, src_mask, tgt_mask):
        x = self.sublayer[0](x, lambda x: self.self_attn(x, x, x, tgt_mask))
        x = self.sublayer[1](x, lambda x: self.src_attn(x, memory, memory, src_mask))
        return self.sublayer[2](x, self.feed_forward)


class Stack(nn.Module):
    def __init__(self, layer, count):
        super().__init__()
        self.layers, self.norm = clones(layer, count), LayerNorm(WIDTH)

    def forward(self, x, *others):
        for layer in self.layers:
            x = layer(x, *others)
        return self.norm(x)


class Embeddings(nn.Module):
    def __init__(self, d_model, vocab):
        super().__init__()
        self.lut, self.d_model = nn.Embedding(vocab, d_model), d_model

    def forward(self, x):
        return self.lut(x) * math.sqrt(self.d_model)


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, max_len=50):
        super().__init__()
        self.dropout = nn.Dropout(0.1)
        pe = torch.zeros(max_len, d_model)
        position = torch.arange(0, max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * -(math.log(10000.0) / d_model))
        pe[:, 0::2], pe[:, 1::2] = torch.sin(position * div_term), torch.cos(position * div_term)
        self.register_buffer("pe", pe.unsqueeze(0))

    def forward(self, x):
        return self.dropout(x + self.pe[:, :x.size(1)].requires_grad_(False))


class Generator(nn.Module):
    def __init__(self, d_model, vocab):
        super().__init__()
        self.proj = nn.Linear(d_model, vocab)

    def forward(self, x):
        return functional.log_softmax(self.proj(x), -1)


class EncoderDecoder(nn.Module):
    def __init__(self, generated):
        super().__init__()
        attn, feed = MultiHeadedAttention(HEADS, WIDTH), FeedForward(WIDTH, 20)
        self.encoder = Stack(EncoderLayer(WIDTH, attn, feed), 2)
        self.decoder = Stack(DecoderLayer(WIDTH, copy.deepcopy(attn), attn, feed), 2)
        self.src_embed = nn.Sequential(Embeddings(WIDTH, SOURCES), PositionalEncoding(WIDTH))
        self.tgt_embed = nn.Sequential(Embeddings(WIDTH, TARGETS), PositionalEncoding(WIDTH))
        self.generator, self.generated = Generator(WIDTH, TARGETS), generated

    def forward(self, src, tgt, src_mask, tgt_mask):
        memory = self.encoder(self.src_embed(src), src_mask)
        x = self.decoder(self.tgt_embed(tgt), memory, src_mask, tgt_mask)
        return {"output": x, "log_probabilities": self.generator(x)} if self.generated else x


def annotated(generated):
    def make(folder):
        src, tgt = ids(BATCH, 7, below=SOURCES - 1) + 1, ids(BATCH, 5, below=TARGETS - 1, seed=1) + 1
        src[0, 5:], tgt[1, 4:] = 0, 0
        tgt_mask = (tgt != 0)[:, None] & torch.ones(5, 5, dtype=torch.bool).tril()
        save(folder, EncoderDecoder(generated), {"src": src, "tgt": tgt, "src_mask": (src != 0)[:, None], "tgt_mask": tgt_mask},
             {"h": HEADS}, attention=True)
    return make


# MARK: fairseq


PAD = 1


class FairseqAttention(nn.Module):
    def __init__(self):
        super().__init__()
        for name in ("k_proj", "v_proj", "q_proj", "out_proj"):
            setattr(self, name, nn.Linear(WIDTH, WIDTH))

    def forward(self, query, key, hidden=None):
        def heads(x):
            return x.view(len(x), -1, HEADS, WIDTH // HEADS).transpose(1, 2)
        q = heads(self.q_proj(query) * (WIDTH // HEADS) ** -0.5)
        scores = q @ heads(self.k_proj(key)).mT
        scores = scores if hidden is None else scores.masked_fill(hidden, -torch.inf)
        context = scores.softmax(-1) @ heads(self.v_proj(key))
        return self.out_proj(context.transpose(1, 2).flatten(2))


class FairseqLayer(nn.Module):
    def __init__(self, before, crossed):
        super().__init__()
        self.before = before
        self.self_attn, self.self_attn_layer_norm = FairseqAttention(), nn.LayerNorm(WIDTH)
        if crossed:
            self.encoder_attn, self.encoder_attn_layer_norm = FairseqAttention(), nn.LayerNorm(WIDTH)
        self.fc1, self.fc2, self.final_layer_norm = nn.Linear(WIDTH, 20), nn.Linear(20, WIDTH), nn.LayerNorm(WIDTH)

    def branch(self, x, norm, function):
        return x + function(norm(x)) if self.before else norm(x + function(x))

    def forward(self, x, hidden, memory=None, memory_hidden=None):
        x = self.branch(x, self.self_attn_layer_norm, lambda x: self.self_attn(x, x, hidden))
        if memory is not None:
            x = self.branch(x, self.encoder_attn_layer_norm, lambda x: self.encoder_attn(x, memory, memory_hidden))
        return self.branch(x, self.final_layer_norm, lambda x: self.fc2(torch.relu(self.fc1(x))))


class SinusoidalPositionalEmbedding(nn.Module):
    """Sines, then cosines; wavelengths as tensor2tensor has them; zeros at padding."""

    def __init__(self):
        super().__init__()
        self.register_buffer("_float_tensor", torch.zeros(1))

    def forward(self, positions):
        half = WIDTH // 2
        rates = torch.exp(torch.arange(half, dtype=torch.float) * -(math.log(10000) / (half - 1)))
        angles = torch.arange(40, dtype=torch.float).unsqueeze(1) * rates.unsqueeze(0)
        table = torch.cat([torch.sin(angles), torch.cos(angles)], 1)
        table[PAD] = 0
        return table[positions]


class FairseqStack(nn.Module):
    def __init__(self, vocabulary, before, learned, decoder):
        super().__init__()
        self.register_buffer("version", torch.tensor([3.0]))
        self.embed_tokens = nn.Embedding(vocabulary, WIDTH, padding_idx=PAD)
        self.embed_positions = nn.Embedding(30, WIDTH, padding_idx=PAD) if learned else SinusoidalPositionalEmbedding()
        self.layers = nn.ModuleList([FairseqLayer(before, decoder) for _ in range(2)])
        if before:
            self.layer_norm = nn.LayerNorm(WIDTH)
        if decoder:
            self.output_projection = nn.Linear(WIDTH, vocabulary, bias=False)

    def forward(self, tokens, memory=None, memory_hidden=None):
        seen = tokens.ne(PAD).int()
        positions = (torch.cumsum(seen, 1) * seen).long() + PAD
        x = math.sqrt(WIDTH) * self.embed_tokens(tokens) + self.embed_positions(positions)
        hidden = tokens.eq(PAD)[:, None, None]
        if memory is not None:
            hidden = hidden | torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool).triu(1)
        for layer in self.layers:
            x = layer(x, hidden, memory, memory_hidden)
        x = self.layer_norm(x) if hasattr(self, "layer_norm") else x
        return self.output_projection(x) if memory is not None else x


class FairseqModel(nn.Module):
    def __init__(self, before=False, learned=False, shared=False):
        super().__init__()
        self.encoder = FairseqStack(SOURCES, before, learned, False)
        self.decoder = FairseqStack(SOURCES if shared else TARGETS, before, learned, True)
        if shared:
            self.decoder.embed_tokens.weight = self.decoder.output_projection.weight = self.encoder.embed_tokens.weight

    def forward(self, src_tokens, prev_output_tokens):
        memory = self.encoder(src_tokens)
        return self.decoder(prev_output_tokens, memory, src_tokens.eq(PAD)[:, None, None])


def fairseq(**settings):
    def make(folder):
        src, tgt = ids(BATCH, 7, below=SOURCES - 2) + 2, ids(BATCH, 5, below=TARGETS - 2, seed=1) + 2
        src[0, :2], tgt[1, 4:] = PAD, PAD  # fairseq pads sources on the left
        save(folder, FairseqModel(**settings), {"src_tokens": src, "prev_output_tokens": tgt},
             {"encoder_attention_heads": HEADS, "decoder_attention_heads": HEADS}, attention=True)
    return make


# MARK: torch.nn.Transformer


class Translator(nn.Module):
    """Embeddings times sqrt(d_model), waves of either convention, torch.nn.Transformer, and a generator, tied or not."""

    def __init__(self, layout, exponent, tied, **settings):
        super().__init__()
        self.src_tok_emb, self.tgt_tok_emb = nn.Embedding(SOURCES, WIDTH), nn.Embedding(TARGETS, WIDTH)
        self.transformer = nn.Transformer(WIDTH, HEADS, 2, 2, 20, batch_first=True, **settings)
        self.generator = nn.Linear(WIDTH, TARGETS, bias=not tied)
        if tied:
            self.generator.weight = self.tgt_tok_emb.weight
        self.layout, self.exponent = layout, exponent

    def waves(self, length):
        half = WIDTH // 2
        exponents = torch.arange(half).float() / (half - 1 if self.exponent == "pairs" else half)
        angles = torch.arange(length).float()[:, None] * torch.exp(-math.log(10000) * exponents)
        waves = [angles.sin(), angles.cos()]
        return torch.cat(waves, 1) if self.layout == "concatenated" else torch.stack(waves, -1).flatten(1)

    def forward(self, src, tgt, tgt_mask):
        src, tgt = (embed(x) * math.sqrt(WIDTH) + self.waves(x.shape[1])
                    for embed, x in ((self.src_tok_emb, src), (self.tgt_tok_emb, tgt)))
        return self.generator(self.transformer(src, tgt, tgt_mask=tgt_mask))


def translator(layout, exponent, tied=False, **settings):
    def make(folder):
        config = {"nhead": HEADS, "activation": settings.get("activation", "relu"), "norm_first": settings.get("norm_first", False),
                  "positional_encoding": "sinusoidal", "position_layout": layout, "position_exponent": exponent,
                  "scale_embedding": True}
        mask = torch.ones(5, 5, dtype=torch.bool).triu(1)
        save(folder, Translator(layout, exponent, tied, **settings),
             {"src": ids(BATCH, 7, below=SOURCES), "tgt": ids(BATCH, 5, below=TARGETS, seed=1), "tgt_mask": mask}, config,
             attention=True)
    return make


SYSTEMS = [
    System(ROW, "torch.nn.Transformer, the paper's positions", translator("interleaved", "width"), "transformer"),
    System(ROW, "torch.nn.Transformer, tensor2tensor's, tied", translator("concatenated", "pairs", True, norm_first=True), "transformer"),
    System(ROW, "torch.nn.Transformer, sines then cosines", translator("concatenated", "width", activation="gelu"), "transformer"),
    System(ROW, "The Annotated Transformer", annotated(False), "annotated-transformer"),
    System(ROW, "The Annotated Transformer, generating", annotated(True), "annotated-transformer"),
    System(ROW, "fairseq", fairseq(), "fairseq-transformer"),
    System(ROW, "fairseq, norms first, one table", fairseq(before=True, shared=True), "fairseq-transformer"),
    System(ROW, "fairseq, learned positions", fairseq(learned=True), "fairseq-transformer"),
]
