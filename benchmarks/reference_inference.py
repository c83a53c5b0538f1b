"""The reference's serving code as it is usually written: joblib, pandas, scikit-learn."""

from __future__ import annotations

import json
import os
from typing import Any

import joblib
import pandas as pd

COLUMNS = ["cc_num", "amt", "lat", "long", "merch_lat", "merch_long"]


def model_fn(model_dir: str) -> Any:
    """The pickled forest."""
    return joblib.load(os.path.join(model_dir, "model.joblib"))


def input_fn(body: str | bytes, content_type: str) -> pd.DataFrame:
    """The transactions as a frame."""
    if content_type != "application/json":
        raise ValueError("unsupported content type")
    return pd.DataFrame(json.loads(body)["transactions"])[COLUMNS]


def predict_fn(frame: pd.DataFrame, model: Any) -> Any:
    """One probability of fraud per transaction."""
    return model.predict_proba(frame.to_numpy())[:, 1]


def output_fn(scores: Any, accept: str) -> tuple[str, str]:
    """The same answer as ours."""
    predictions = [{"is_fraud": bool(score >= 0.5), "score": float(score)} for score in scores]
    return json.dumps({"predictions": predictions, "model_version": "reference"}), "application/json"
