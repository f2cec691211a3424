"""The model of Keras's example "Image classification with Vision Transformer", whose first layers are its own."""

import keras
from keras import layers, ops

PROJECTION = 64


@keras.saving.register_keras_serializable("image_classification")
class Patches(layers.Layer):
    def __init__(self, patch_size, **kwargs):
        super().__init__(**kwargs)
        self.patch_size = patch_size

    def call(self, images):
        batch, height, width, channels = ops.shape(images)
        patches = ops.image.extract_patches(images, size=self.patch_size)
        count = (height // self.patch_size) * (width // self.patch_size)
        return ops.reshape(patches, (batch, count, self.patch_size * self.patch_size * channels))

    def get_config(self):
        return {**super().get_config(), "patch_size": self.patch_size}


@keras.saving.register_keras_serializable("image_classification")
class PatchEncoder(layers.Layer):
    def __init__(self, num_patches, projection_dim=PROJECTION, **kwargs):
        super().__init__(**kwargs)
        self.num_patches = num_patches
        self.projection = layers.Dense(units=projection_dim)
        self.position_embedding = layers.Embedding(input_dim=num_patches, output_dim=projection_dim)

    def call(self, patch):
        positions = ops.expand_dims(ops.arange(start=0, stop=self.num_patches, step=1), axis=0)
        return self.projection(patch) + self.position_embedding(positions)

    def get_config(self):
        return {**super().get_config(), "num_patches": self.num_patches}


def mlp(x, units):
    for count in units:
        x = layers.Dense(count, activation=keras.activations.gelu)(x)
        x = layers.Dropout(0.1)(x)
    return x


def model(height=12, width=8, patch=4, heads=3, depth=2):
    inputs = keras.Input(shape=(height, width, 3), name="images")
    x = keras.Sequential(
        [layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.1, 0.9, 1.2]), layers.RandomFlip("horizontal"),
         layers.RandomRotation(factor=0.02), layers.RandomZoom(height_factor=0.2, width_factor=0.2)],
        name="data_augmentation")(inputs)
    x = PatchEncoder((height // patch) * (width // patch))(Patches(patch)(x))
    for _ in range(depth):
        normed = layers.LayerNormalization(epsilon=1e-6)(x)
        attended = layers.MultiHeadAttention(num_heads=heads, key_dim=PROJECTION, dropout=0.1)(normed, normed)
        x = layers.Add()([attended, x])
        x = layers.Add()([mlp(layers.LayerNormalization(epsilon=1e-6)(x), [2 * PROJECTION, PROJECTION]), x])
    x = layers.Dropout(0.5)(layers.Flatten()(layers.LayerNormalization(epsilon=1e-6)(x)))
    return keras.Model(inputs, layers.Dense(7, name="classes")(mlp(x, [32, 16])))
