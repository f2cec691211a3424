"""The model of Keras's example "English-to-Spanish translation with a sequence-to-sequence Transformer"."""

import keras
from keras import layers, ops


class Configured(layers.Layer):
    """A layer that keeps what it was made with."""

    def __init__(self, settings, **kwargs):
        super().__init__(**kwargs)
        self.settings = settings
        self.supports_masking = True

    def get_config(self):
        return {**super().get_config(), **self.settings}


@keras.saving.register_keras_serializable("spanish")
class TransformerEncoder(Configured):
    def __init__(self, embed_dim, dense_dim, num_heads, **kwargs):
        super().__init__({"embed_dim": embed_dim, "dense_dim": dense_dim, "num_heads": num_heads}, **kwargs)
        self.attention = layers.MultiHeadAttention(num_heads=num_heads, key_dim=embed_dim)
        self.dense_proj = keras.Sequential([layers.Dense(dense_dim, activation="relu"), layers.Dense(embed_dim)])
        self.layernorm_1 = layers.LayerNormalization()
        self.layernorm_2 = layers.LayerNormalization()

    def call(self, inputs, mask=None):
        padding_mask = None if mask is None else ops.cast(mask[:, None, :], dtype="int32")
        attended = self.attention(query=inputs, value=inputs, key=inputs, attention_mask=padding_mask)
        projected = self.layernorm_1(inputs + attended)
        return self.layernorm_2(projected + self.dense_proj(projected))


@keras.saving.register_keras_serializable("spanish")
class PositionalEmbedding(Configured):
    def __init__(self, sequence_length, vocab_size, embed_dim, **kwargs):
        super().__init__({"sequence_length": sequence_length, "vocab_size": vocab_size, "embed_dim": embed_dim}, **kwargs)
        self.token_embeddings = layers.Embedding(input_dim=vocab_size, output_dim=embed_dim)
        self.position_embeddings = layers.Embedding(input_dim=sequence_length, output_dim=embed_dim)

    def call(self, inputs):
        positions = ops.arange(0, ops.shape(inputs)[-1], 1)
        return self.token_embeddings(inputs) + self.position_embeddings(positions)

    def compute_mask(self, inputs, mask=None):
        return ops.not_equal(inputs, 0)


@keras.saving.register_keras_serializable("spanish")
class TransformerDecoder(Configured):
    def __init__(self, embed_dim, latent_dim, num_heads, **kwargs):
        super().__init__({"embed_dim": embed_dim, "latent_dim": latent_dim, "num_heads": num_heads}, **kwargs)
        self.attention_1 = layers.MultiHeadAttention(num_heads=num_heads, key_dim=embed_dim)
        self.attention_2 = layers.MultiHeadAttention(num_heads=num_heads, key_dim=embed_dim)
        self.dense_proj = keras.Sequential([layers.Dense(latent_dim, activation="relu"), layers.Dense(embed_dim)])
        self.layernorm_1 = layers.LayerNormalization()
        self.layernorm_2 = layers.LayerNormalization()
        self.layernorm_3 = layers.LayerNormalization()

    def call(self, inputs, mask=None):
        inputs, encoder_outputs = inputs
        causal_mask = self.get_causal_attention_mask(inputs)
        inputs_mask, encoder_mask = (None, None) if mask is None else mask
        first = self.layernorm_1(inputs + self.attention_1(
            query=inputs, value=inputs, key=inputs, attention_mask=causal_mask, query_mask=inputs_mask))
        second = self.layernorm_2(first + self.attention_2(
            query=first, value=encoder_outputs, key=encoder_outputs, query_mask=inputs_mask, key_mask=encoder_mask))
        return self.layernorm_3(second + self.dense_proj(second))

    def get_causal_attention_mask(self, inputs):
        batch, length = ops.shape(inputs)[:2]
        mask = ops.cast(ops.arange(length)[:, None] >= ops.arange(length), dtype="int32")
        return ops.tile(ops.reshape(mask, (1, length, length)), (batch, 1, 1))


def model(length=10, vocabulary=23, width=8, inner=12, heads=2):
    source = keras.Input(shape=(None,), dtype="int64", name="encoder_inputs")
    x = PositionalEmbedding(length, vocabulary, width)(source)
    encoded = TransformerEncoder(width, inner, heads)(x)
    target = keras.Input(shape=(None,), dtype="int64", name="decoder_inputs")
    x = PositionalEmbedding(length, vocabulary, width)(target)
    x = layers.Dropout(0.5)(TransformerDecoder(width, inner, heads)([x, encoded]))
    return keras.Model([source, target], layers.Dense(vocabulary, activation="softmax", name="tokens")(x))
