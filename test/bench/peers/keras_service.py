"""The API's job as FastAPI, Keras and Pillow do it. NETWORK names the .keras file; uvicorn keras_service:app serves it."""

import os

import keras
import numpy as np
from fastapi import FastAPI, File, Form, UploadFile
from PIL import Image, ImageOps

SIDE = 224
CONDITIONS = ["T10", "T20", "Tam"]

app = FastAPI()
model = keras.models.load_model(os.environ["NETWORK"])


def decode(upload: UploadFile) -> np.ndarray:
    photograph = ImageOps.exif_transpose(Image.open(upload.file)).convert("RGB")
    return np.asarray(ImageOps.fit(photograph, (SIDE, SIDE), Image.Resampling.LANCZOS))


@app.get("/health")
def health():
    return {"message": "Model is healthy"}


@app.post("/predict")
def predict(image_files: list[UploadFile] = File(), storage_conditions: list[str] = Form()):
    images = np.stack([decode(upload) for upload in image_files])
    stored = np.eye(len(CONDITIONS), dtype="float32")[[CONDITIONS.index(name) for name in storage_conditions]]
    days = model.predict([images, stored], verbose=0)
    return {"prediction": [{"estimated_days": max(0.0, float(value))} for value in days[:, 0]]}
