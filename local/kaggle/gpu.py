# Run before a notebook that asked for a GPU: a second logical device of the processor stands in for it. What Keras and
# TensorFlow do otherwise where there is a GPU happens here too:
#  - operations and variables are placed on it unless a cell says otherwise;
#  - Keras compiles `predict` with XLA (keras/src/trainers/trainer.py, `_resolve_auto_jit_compile`), and a function that
#    was compiled so cannot reach variables on another device (github.com/keras-team/keras/issues/20308).
import tensorflow as tf
from keras.src.trainers import trainer

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
list_devices = tf.config.list_physical_devices
tf.config.list_physical_devices = lambda kind=None: list_devices("CPU" if kind == "GPU" else kind)
tf.config.experimental.get_device_details = lambda device: {"device_name": "simulated"}
trainer.Trainer._resolve_auto_jit_compile = lambda self: trainer.model_supports_jit(self)
# The scope lasts: it is of the thread, and all cells run in one.
tf.device("/CPU:1").__enter__()
