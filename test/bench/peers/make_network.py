"""Writes one network with random weights as Keras and as ONNX: python make_network.py mobilenetv2|resnet50 <folder>"""

import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx
from keras import layers

SIDE = 224
BACKBONES = {"mobilenetv2": keras.applications.MobileNetV2, "resnet50": keras.applications.ResNet50}

name, folder = sys.argv[1], Path(sys.argv[2])
keras.utils.set_random_seed(1)
image = keras.Input((SIDE, SIDE, 3), dtype="uint8", name="image")
condition = keras.Input((3,), name="condition")
backbone = BACKBONES[name](include_top=False, weights=None, input_shape=(SIDE, SIDE, 3), pooling="avg")
features = backbone(layers.Rescaling(1 / 127.5, offset=-1)(image))
hidden = layers.Dense(128, activation="relu")(layers.Concatenate()([features, condition]))
days = layers.Dense(1, bias_initializer=keras.initializers.Constant(7), name="days")(hidden)
model = keras.Model([image, condition], days)

# A network that has seen nothing lets signals fade from layer to layer: batch norms learn here what goes through them.
# Pictures of a few large spots, for in pure noise all are alike.
random = np.random.default_rng(1)
for layer in backbone.layers:
    if isinstance(layer, layers.BatchNormalization):
        layer.momentum, layer.epsilon = 0.5, 1e-9
pixels = random.integers(0, 256, (16, 4, 4, 3), "uint8").repeat(SIDE // 4, 1).repeat(SIDE // 4, 2)
stored = np.eye(3, dtype="float32")[random.integers(0, 3, 16)]
for _ in range(4):
    model([pixels, stored], training=True)

folder.mkdir(parents=True, exist_ok=True)
model.save(folder / "model.keras")
signature = [tf.TensorSpec((None, SIDE, SIDE, 3), tf.uint8, name="image"), tf.TensorSpec((None, 3), name="condition")]


@tf.function(input_signature=signature)
def predict(image, condition):
    return tf.identity(model([image, condition], training=False), name="days")


graph, _ = tf2onnx.convert.from_function(predict, input_signature=signature, opset=17)
made = graph.graph.output[0].name
for node in graph.graph.node:
    node.output[:] = ["days" if output == made else output for output in node.output]
    node.input[:] = ["days" if source == made else source for source in node.input]
graph.graph.output[0].name = "days"
onnx.save(graph, folder / "model.onnx")

session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
expected = model.predict([pixels, stored], verbose=0)
difference = float(np.abs(session.run(["days"], {"image": pixels, "condition": stored})[0] - expected).max())
print(f"{name}: {expected.min():.2f} to {expected.max():.2f} days, ONNX and Keras {difference:.1e} days apart")
if not difference <= 1e-3:
    raise ArithmeticError(f"The ONNX graph differs from Keras by {difference} days")
sidecar = {
    "name": "avocado-model",
    "framework": f"keras {keras.__version__}",
    "network": name,
    "datasetVersion": "none",
    "source": "none",
    "trainingFruits": [],
    "hyperparameters": {},
    "metrics": {},
    "exportMaxDifferenceDays": difference,
    "createdAt": datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
}
(folder / "avocado-model.json").write_text(json.dumps(sidecar))
