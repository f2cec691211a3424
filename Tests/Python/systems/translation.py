"""Recurrent encoders and decoders, as PyTorch's tutorials build them, with the attention of each step."""

import torch
from torch import nn

from . import System
from .proof import save
from .recurrent import ids

ROW = "seq2seq without attention, and with Bahdanau's and Luong's"
START, SOURCES, TARGETS, BATCH, WIDTH = 0, 19, 17, 3, 8


class EncoderRNN(nn.Module):
    """Of "NLP From Scratch: Translation with a Sequence to Sequence Network and Attention"."""

    def __init__(self, input_size, hidden_size, kind=nn.GRU, layers=1):
        super().__init__()
        self.embedding = nn.Embedding(input_size, hidden_size)
        setattr(self, kind.__name__.lower(), kind(hidden_size, hidden_size, layers, batch_first=True))
        self.rnn_name = kind.__name__.lower()
        self.dropout = nn.Dropout(0.1)

    def forward(self, input):
        return getattr(self, self.rnn_name)(self.dropout(self.embedding(input)))


class DecoderRNN(nn.Module):
    def __init__(self, hidden_size, output_size, kind=nn.GRU, layers=1):
        super().__init__()
        self.embedding = nn.Embedding(output_size, hidden_size)
        setattr(self, kind.__name__.lower(), kind(hidden_size, hidden_size, layers, batch_first=True))
        self.rnn_name = kind.__name__.lower()
        self.out = nn.Linear(hidden_size, output_size)

    def forward(self, encoder_outputs, encoder_hidden, target_tensor):
        decoder_input = torch.full((encoder_outputs.shape[0], 1), START)
        hidden, outputs = encoder_hidden, []
        for step in range(target_tensor.shape[1]):
            output, hidden = self.forward_step(decoder_input, hidden)
            outputs.append(output)
            decoder_input = target_tensor[:, step].unsqueeze(1)
        return torch.log_softmax(torch.cat(outputs, 1), -1), hidden, None

    def forward_step(self, input, hidden):
        output, hidden = getattr(self, self.rnn_name)(torch.relu(self.embedding(input)), hidden)
        return self.out(output), hidden


class BahdanauAttention(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.Wa = nn.Linear(hidden_size, hidden_size)
        self.Ua = nn.Linear(hidden_size, hidden_size)
        self.Va = nn.Linear(hidden_size, 1)

    def forward(self, query, keys):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys))).squeeze(2).unsqueeze(1)
        weights = torch.softmax(scores, -1)
        return torch.bmm(weights, keys), weights


class AttnDecoderRNN(nn.Module):
    def __init__(self, hidden_size, output_size):
        super().__init__()
        self.embedding = nn.Embedding(output_size, hidden_size)
        self.attention = BahdanauAttention(hidden_size)
        self.gru = nn.GRU(2 * hidden_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, output_size)
        self.dropout = nn.Dropout(0.1)

    def forward(self, encoder_outputs, encoder_hidden, target_tensor=None):
        decoder_input = torch.full((encoder_outputs.shape[0], 1), START)
        hidden, outputs, attentions = encoder_hidden, [], []
        for step in range(10 if target_tensor is None else target_tensor.shape[1]):
            embedded = self.dropout(self.embedding(decoder_input))
            context, weights = self.attention(hidden.permute(1, 0, 2), encoder_outputs)
            output, hidden = self.gru(torch.cat((embedded, context), 2), hidden)
            outputs.append(self.out(output))
            attentions.append(weights)
            likeliest = outputs[-1].topk(1)[1].squeeze(-1).detach()
            decoder_input = likeliest if target_tensor is None else target_tensor[:, step].unsqueeze(1)
        return torch.log_softmax(torch.cat(outputs, 1), -1), hidden, torch.cat(attentions, 1)


class Pair(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, input_tensor, target_tensor=None):
        outputs, hidden = self.encoder(input_tensor)
        return self.decoder(outputs, hidden, target_tensor)


class OldAttnDecoderRNN(nn.Module):
    """Of the tutorial's first version: a score for each of ten places, from the embedding and the state."""

    def __init__(self, hidden_size, output_size, max_length=10):
        super().__init__()
        self.max_length = max_length
        self.embedding = nn.Embedding(output_size, hidden_size)
        self.attn = nn.Linear(hidden_size * 2, max_length)
        self.attn_combine = nn.Linear(hidden_size * 2, hidden_size)
        self.dropout = nn.Dropout(0.1)
        self.gru = nn.GRU(hidden_size, hidden_size)
        self.out = nn.Linear(hidden_size, output_size)

    def forward(self, input, hidden, encoder_outputs):
        embedded = self.dropout(self.embedding(input).view(1, 1, -1))
        weights = torch.softmax(self.attn(torch.cat((embedded[0], hidden[0]), 1)), 1)
        applied = torch.bmm(weights.unsqueeze(0), encoder_outputs.unsqueeze(0))
        output = torch.relu(self.attn_combine(torch.cat((embedded[0], applied[0]), 1)).unsqueeze(0))
        output, hidden = self.gru(output, hidden)
        return torch.log_softmax(self.out(output[0]), 1), hidden, weights


class OldEncoderRNN(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(input_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size)

    def forward(self, input, hidden):
        return self.gru(self.embedding(input).view(1, 1, -1), hidden)


class OldPair(nn.Module):
    """One sentence, word by word, as the tutorial's train and evaluate do."""

    def __init__(self):
        super().__init__()
        self.encoder = OldEncoderRNN(SOURCES, WIDTH)
        self.decoder = OldAttnDecoderRNN(WIDTH, TARGETS)

    def forward(self, input_tensor, target_tensor):
        hidden = torch.zeros(1, 1, WIDTH)
        encoder_outputs = torch.zeros(self.decoder.max_length, WIDTH)
        for place in range(len(input_tensor)):
            output, hidden = self.encoder(input_tensor[place], hidden)
            encoder_outputs[place] = output[0, 0]
        decoder_input, outputs, attentions = torch.tensor([[START]]), [], []
        for place in range(len(target_tensor)):
            output, hidden, weights = self.decoder(decoder_input, hidden, encoder_outputs)
            outputs.append(output)
            attentions.append(weights)
            decoder_input = target_tensor[place]
        return {"decoder_outputs": torch.stack(outputs), "decoder_hidden": hidden, "tables": torch.stack(attentions, 1)}


class Attn(nn.Module):
    """Luong's scores, of the chatbot tutorial."""

    def __init__(self, method, hidden_size):
        super().__init__()
        self.method = method
        if method == "general":
            self.attn = nn.Linear(hidden_size, hidden_size)
        if method == "concat":
            self.attn = nn.Linear(hidden_size * 2, hidden_size)
            self.v = nn.Parameter(torch.zeros(hidden_size))

    def forward(self, hidden, encoder_outputs):
        if self.method == "dot":
            energies = (hidden * encoder_outputs).sum(2)
        elif self.method == "general":
            energies = (hidden * self.attn(encoder_outputs)).sum(2)
        else:
            both = torch.cat((hidden.expand(encoder_outputs.size(0), -1, -1), encoder_outputs), 2)
            energies = (self.v * self.attn(both).tanh()).sum(2)
        return torch.softmax(energies.t(), 1).unsqueeze(1)


class ChatEncoderRNN(nn.Module):
    def __init__(self, hidden_size, embedding, layers):
        super().__init__()
        self.hidden_size, self.embedding = hidden_size, embedding
        self.gru = nn.GRU(hidden_size, hidden_size, layers, bidirectional=True)

    def forward(self, input_seq, input_lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(input_seq), input_lengths, enforce_sorted=False)
        outputs, hidden = self.gru(packed)
        outputs, _ = nn.utils.rnn.pad_packed_sequence(outputs)
        return outputs[:, :, :self.hidden_size] + outputs[:, :, self.hidden_size:], hidden


class LuongAttnDecoderRNN(nn.Module):
    def __init__(self, attn_model, embedding, hidden_size, output_size, layers):
        super().__init__()
        self.n_layers, self.embedding = layers, embedding
        self.gru = nn.GRU(hidden_size, hidden_size, layers)
        self.concat = nn.Linear(hidden_size * 2, hidden_size)
        self.out = nn.Linear(hidden_size, output_size)
        self.attn = Attn(attn_model, hidden_size)

    def forward(self, input_step, last_hidden, encoder_outputs):
        rnn_output, hidden = self.gru(self.embedding(input_step), last_hidden)
        weights = self.attn(rnn_output, encoder_outputs)
        context = weights.bmm(encoder_outputs.transpose(0, 1))
        joined = torch.tanh(self.concat(torch.cat((rnn_output.squeeze(0), context.squeeze(1)), 1)))
        return torch.softmax(self.out(joined), 1), hidden, weights


class Chatbot(nn.Module):
    def __init__(self, method, layers):
        super().__init__()
        embedding = nn.Embedding(TARGETS, WIDTH)
        self.encoder = ChatEncoderRNN(WIDTH, embedding, layers)
        self.decoder = LuongAttnDecoderRNN(method, embedding, WIDTH, TARGETS, layers)

    def forward(self, input_tensor, input_lengths, target_tensor):
        encoder_outputs, hidden = self.encoder(input_tensor, input_lengths)
        hidden = hidden[:self.decoder.n_layers]
        decoder_input, outputs, tables = torch.ones(1, input_tensor.shape[1], dtype=torch.long), [], []
        for step in range(target_tensor.shape[0]):
            output, hidden, weights = self.decoder(decoder_input, hidden, encoder_outputs)
            outputs.append(output)
            tables.append(weights)
            decoder_input = target_tensor[step].view(1, -1)
        return {"decoder_outputs": torch.stack(outputs), "decoder_hidden": hidden, "tables": torch.cat(tables, 1)}


def recorded(folder, module, inputs, config=None, **recording):
    """The attention of all steps too, as a table of one head."""
    import h5py
    save(folder, module, inputs, config, **recording)
    with h5py.File(folder / "fixture.h5", "r+") as file:
        for group in (file, file["float64"]):
            name = next((n for n in ("output.2", "tables") if n in group["outputs"]), None)
            if name:
                group.require_group("attention").create_dataset("decoder", data=group["outputs"][name][()][:, None])
                if name == "tables":
                    group["outputs"].move("tables", "attention_weights")


def pair(encoder, decoder, free=False):
    def make(folder):
        inputs = {"input_tensor": ids(BATCH, 7, below=SOURCES), "target_tensor": ids(BATCH, 5, below=TARGETS, seed=1)}
        if free:
            del inputs["target_tensor"]
        recorded(folder, Pair(encoder(), decoder()), inputs, {"teacher_forcing": False} if free else None)
    return make


def old(folder):
    recorded(folder, OldPair(), {"input_tensor": ids(7, 1, below=SOURCES), "target_tensor": ids(5, 1, below=TARGETS)})


def chatbot(method, layers=2):
    def make(folder):
        recorded(folder, Chatbot(method, layers),
                 {"input_tensor": ids(6, BATCH, below=TARGETS), "input_lengths": torch.tensor([6, 3, 5]),
                  "target_tensor": ids(5, BATCH, below=TARGETS, seed=1)}, {"attn_model": method},
                 nodes=("encoder", "encoder.embedding*", "decoder*"))  # a packed sequence has no axes
    return make


def system(name, make):
    return System(ROW, name, make, "seq2seq")


SYSTEMS = [
    system("no attention, GRU", pair(lambda: EncoderRNN(SOURCES, WIDTH), lambda: DecoderRNN(WIDTH, TARGETS))),
    system("no attention, LSTM of two layers", pair(lambda: EncoderRNN(SOURCES, WIDTH, nn.LSTM, 2),
                                                    lambda: DecoderRNN(WIDTH, TARGETS, nn.LSTM, 2))),
    system("Bahdanau", pair(lambda: EncoderRNN(SOURCES, WIDTH), lambda: AttnDecoderRNN(WIDTH, TARGETS))),
    system("Bahdanau, reading its own words", pair(
        lambda: EncoderRNN(SOURCES, WIDTH), lambda: AttnDecoderRNN(WIDTH, TARGETS), free=True)),
    system("by location", old),
    system("Luong, dot", chatbot("dot")),
    system("Luong, general", chatbot("general", layers=1)),
    system("Luong, concat", chatbot("concat")),
]
