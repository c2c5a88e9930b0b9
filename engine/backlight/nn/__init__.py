"""`torch.nn`: modules, layers, losses, and what belongs to them."""

from __future__ import annotations

import importlib
from typing import Any

from .. import errors
from . import functional, init, parameter, utils
from .activation import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softmin,
    Softplus,
    Softsign,
    Tanh,
    Tanhshrink,
)  # fmt: skip
from .containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from .dropout import Dropout
from .embedding import Embedding
from .hooks import register_module_forward_hook, register_module_forward_pre_hook
from .linear import Bilinear, Flatten, Identity, Linear, Unflatten
from .loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    GaussianNLLLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)  # fmt: skip
from .module import Module
from .norm import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    LayerNorm,
    RMSNorm,
    SyncBatchNorm,
)
from .parameter import Buffer, Parameter

__all__ = [
    "Module", "Parameter", "Buffer", "Sequential", "ModuleList", "ModuleDict", "ParameterList",
    "ParameterDict",
    # layers
    "Identity", "Linear", "Bilinear", "Flatten", "Unflatten", "Dropout", "Embedding", "LayerNorm",
    "RMSNorm", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "InstanceNorm1d", "InstanceNorm2d",
    "InstanceNorm3d", "SyncBatchNorm",
    # activations
    "ReLU", "ReLU6", "Sigmoid", "Tanh", "GELU", "SiLU", "Mish", "LeakyReLU", "PReLU", "ELU", "CELU",
    "SELU", "Hardtanh", "Hardsigmoid", "Hardswish", "Softplus", "LogSigmoid", "Softsign",
    "Tanhshrink", "GLU", "Softmax", "LogSoftmax", "Softmin",
    # losses
    "L1Loss", "MSELoss", "SmoothL1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss", "NLLLoss",
    "CrossEntropyLoss", "KLDivLoss", "GaussianNLLLoss",
    "functional", "init", "parameter", "utils", "register_module_forward_hook",
    "register_module_forward_pre_hook",
]  # fmt: skip

#: What is loaded when it is asked for: the names that a module of this folder has.
_LATER = {
    name: module
    for module, names in {
        "attention": (
            "MultiheadAttention Transformer TransformerDecoder TransformerDecoderLayer "
            "TransformerEncoder TransformerEncoderLayer"
        ),
        "conv": "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d",
        "lazy": "LazyLinear "
        + " ".join(
            f"Lazy{name}{n}d"
            for name in "BatchNorm Conv ConvTranspose InstanceNorm".split()
            for n in (1, 2, 3)
        ),
        "padding": " ".join(
            f"{name}{n}d"
            for name in "CircularPad ConstantPad ReflectionPad ReplicationPad ZeroPad".split()
            for n in (1, 2, 3)
        ),
        "pooling": (
            "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d "
            "AdaptiveMaxPool2d AdaptiveMaxPool3d AvgPool1d AvgPool2d AvgPool3d FractionalMaxPool2d "
            "FractionalMaxPool3d LPPool1d LPPool2d LPPool3d MaxPool1d MaxPool2d MaxPool3d "
            "MaxUnpool1d MaxUnpool2d MaxUnpool3d"
        ),
        "rare": (
            "AdaptiveLogSoftmaxWithLoss AlphaDropout CTCLoss CosineEmbeddingLoss CosineSimilarity "
            "CrossMapLRN2d Dropout1d Dropout2d Dropout3d EmbeddingBag FeatureAlphaDropout "
            "GroupNorm Hardshrink HingeEmbeddingLoss LinearCrossEntropyLoss LocalResponseNorm "
            "MarginRankingLoss "
            "MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss PairwiseDistance "
            "PoissonNLLLoss RReLU SoftMarginLoss Softmax2d Softshrink Threshold TripletMarginLoss "
            "TripletMarginWithDistanceLoss"
        ),
        "rnn": "GRU GRUCell LSTM LSTMCell RNN RNNBase RNNCell RNNCellBase",
        "vision": (
            "ChannelShuffle Fold PixelShuffle PixelUnshuffle Unfold Upsample UpsamplingBilinear2d "
            "UpsamplingNearest2d"
        ),
    }.items()
    for name in names.split()
}
__all__ += _LATER  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name in _LATER:
        module = importlib.import_module(f".{_LATER[name]}", __name__)
        found = globals()[name] = getattr(module, name)
        return found
    if name.startswith("__"):
        raise AttributeError(name)
    raise errors.missing_name("torch.nn", name, __all__)
