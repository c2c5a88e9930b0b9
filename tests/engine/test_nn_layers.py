"""Layers, activations and losses against PyTorch: first values, outputs, gradients, text.

Each case is written once with `t` for torch and run on both.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

# name: (module, inputs as shapes, or as functions of a NumPy generator)
MODULES = {
    "Identity": (lambda n: n.Identity(3, x=4), [(2, 3)]),
    "Linear": (lambda n: n.Linear(5, 3), [(4, 5)]),
    "Linear_3d": (lambda n: n.Linear(5, 3), [(2, 4, 5)]),
    "Linear_1d": (lambda n: n.Linear(5, 3), [(5,)]),
    "Linear_no_bias": (lambda n: n.Linear(20, 30, bias=False), [(4, 20)]),
    "Bilinear": (lambda n: n.Bilinear(4, 3, 5), [(2, 4), (2, 3)]),
    "Bilinear_no_bias": (lambda n: n.Bilinear(4, 3, 5, bias=False), [(2, 6, 4), (2, 6, 3)]),
    "Flatten": (lambda n: n.Flatten(), [(2, 3, 4)]),
    "Flatten_dims": (lambda n: n.Flatten(0, 1), [(2, 3, 4)]),
    "Unflatten": (lambda n: n.Unflatten(1, (2, 3)), [(4, 6)]),
    "ReLU": (lambda n: n.ReLU(), [(3, 4)]),
    "ReLU6": (lambda n: n.ReLU6(), [lambda r: r.normal(size=(3, 4)) * 8]),
    "Sigmoid": (lambda n: n.Sigmoid(), [(3, 4)]),
    "Tanh": (lambda n: n.Tanh(), [(3, 4)]),
    "GELU": (lambda n: n.GELU(), [(3, 4)]),
    "GELU_tanh": (lambda n: n.GELU(approximate="tanh"), [(3, 4)]),
    "SiLU": (lambda n: n.SiLU(), [(3, 4)]),
    "Mish": (lambda n: n.Mish(), [(3, 4)]),
    "LeakyReLU": (lambda n: n.LeakyReLU(0.2), [(3, 4)]),
    "PReLU": (lambda n: n.PReLU(), [(3, 4)]),
    "PReLU_channels": (lambda n: n.PReLU(4, init=0.1), [(3, 4, 2)]),
    "ELU": (lambda n: n.ELU(1.5), [(3, 4)]),
    "CELU": (lambda n: n.CELU(1.5), [(3, 4)]),
    "SELU": (lambda n: n.SELU(), [(3, 4)]),
    "Hardtanh": (lambda n: n.Hardtanh(-0.5, 0.7), [(3, 4)]),
    "Hardsigmoid": (lambda n: n.Hardsigmoid(), [lambda r: r.normal(size=(3, 4)) * 4]),
    "Hardswish": (lambda n: n.Hardswish(), [lambda r: r.normal(size=(3, 4)) * 4]),
    "Softplus": (lambda n: n.Softplus(2.0, 3.0), [lambda r: r.normal(size=(3, 4)) * 2]),
    "LogSigmoid": (lambda n: n.LogSigmoid(), [lambda r: r.normal(size=(3, 4)) * 9]),
    "Softsign": (lambda n: n.Softsign(), [(3, 4)]),
    "Tanhshrink": (lambda n: n.Tanhshrink(), [(3, 4)]),
    "GLU": (lambda n: n.GLU(), [(3, 4)]),
    "Softmax": (lambda n: n.Softmax(dim=1), [(3, 4)]),
    "Softmax_0": (lambda n: n.Softmax(0), [(3, 4)]),
    "LogSoftmax": (lambda n: n.LogSoftmax(dim=-1), [(3, 4, 2)]),
    "Softmin": (lambda n: n.Softmin(dim=1), [(3, 4)]),
    "Dropout_eval": (lambda n: n.Dropout(0.7).eval(), [(3, 4)]),
    "Dropout_0": (lambda n: n.Dropout(0.0), [(3, 4)]),
    "Dropout_1": (lambda n: n.Dropout(1.0), [(3, 4)]),
    "Embedding": (lambda n: n.Embedding(10, 3), [lambda r: r.integers(0, 10, (2, 4))]),
    "Embedding_padding": (
        lambda n: n.Embedding(10, 20, padding_idx=-2),
        [lambda r: r.integers(6, 10, (2, 4))],
    ),
    "LayerNorm": (lambda n: n.LayerNorm(4), [(3, 4)]),
    "LayerNorm_2": (lambda n: n.LayerNorm((3, 4), eps=1e-3), [(2, 3, 4)]),
    "LayerNorm_plain": (lambda n: n.LayerNorm(4, elementwise_affine=False), [(3, 4)]),
    "LayerNorm_no_bias": (lambda n: n.LayerNorm(4, bias=False), [(3, 4)]),
    "RMSNorm": (lambda n: n.RMSNorm(4), [(3, 4)]),
    "RMSNorm_eps": (lambda n: n.RMSNorm((3, 4), eps=1e-3), [(2, 3, 4)]),
    "BatchNorm1d": (lambda n: n.BatchNorm1d(4), [(5, 4)]),
    "BatchNorm1d_3d": (lambda n: n.BatchNorm1d(4, momentum=0.3), [(5, 4, 3)]),
    "BatchNorm1d_eval": (lambda n: n.BatchNorm1d(4).eval(), [(5, 4)]),
    "BatchNorm1d_plain": (lambda n: n.BatchNorm1d(4, affine=False), [(5, 4)]),
    "BatchNorm1d_untracked": (
        lambda n: n.BatchNorm1d(4, track_running_stats=False).eval(), [(5, 4)]
    ),
    "BatchNorm1d_mean_of_all": (lambda n: n.BatchNorm1d(4, momentum=None), [(5, 4)]),
    "Sequential": (
        lambda n: n.Sequential(n.Linear(4, 8), n.Tanh(), n.Sequential(n.Linear(8, 2), n.ReLU())),
        [(3, 4)],
    ),
}  # fmt: skip


def probabilities(r, shape):
    p = r.random(shape)
    return p / p.sum(1, keepdims=True)


def logs(r, shape):
    return np.log(probabilities(r, shape))


def some_ignored(r):
    return np.array([[0, 3], [2, -100], [1, 1]])


def below_0_ignored(r):
    return np.array([[0, -1], [2, 3], [1, 1]])


def old_flags(n):
    with pytest.warns(UserWarning, match="please use reduction='sum' instead"):
        return n.MSELoss(size_average=False)


LOSSES = {
    "L1Loss": (lambda n: n.L1Loss(), [(3, 4), (3, 4)]),
    "L1Loss_sum": (lambda n: n.L1Loss(reduction="sum"), [(3, 4), (3, 4)]),
    "MSELoss": (lambda n: n.MSELoss(), [(3, 4), (3, 4)]),
    "MSELoss_none": (lambda n: n.MSELoss(reduction="none"), [(3, 4), (3, 4)]),
    "MSELoss_old_flags": (old_flags, [(3, 4), (3, 4)]),
    "SmoothL1Loss": (lambda n: n.SmoothL1Loss(), [(5, 4), (5, 4)]),
    "SmoothL1Loss_beta": (lambda n: n.SmoothL1Loss(beta=0.5, reduction="sum"), [(5, 4), (5, 4)]),
    "SmoothL1Loss_0": (lambda n: n.SmoothL1Loss(beta=0.0), [(5, 4), (5, 4)]),
    "HuberLoss": (lambda n: n.HuberLoss(delta=0.7), [(5, 4), (5, 4)]),
    "BCELoss": (
        lambda n: n.BCELoss(), [lambda r: r.random((3, 4)), lambda r: r.random((3, 4))]
    ),
    "BCELoss_weight": (
        lambda n: n.BCELoss(weight=n.init.constant_(n.Linear(4, 1).weight.detach(), 2.0)),
        [lambda r: r.random((3, 4)), lambda r: r.random((3, 4))],
    ),
    "BCEWithLogitsLoss": (
        lambda n: n.BCEWithLogitsLoss(), [(3, 4), lambda r: r.random((3, 4))]
    ),
    "BCEWithLogitsLoss_none": (
        lambda n: n.BCEWithLogitsLoss(reduction="none"),
        [lambda r: r.normal(size=(3, 4)) * 50, lambda r: r.integers(0, 2, (3, 4)) * 1.0],
    ),
    "NLLLoss": (lambda n: n.NLLLoss(), [lambda r: logs(r, (3, 4)), lambda r: r.integers(0, 4, 3)]),
    "NLLLoss_2d": (
        lambda n: n.NLLLoss(),
        [lambda r: r.normal(size=(3, 4, 2)), lambda r: r.integers(0, 4, (3, 2))],
    ),
    "CrossEntropyLoss": (lambda n: n.CrossEntropyLoss(), [(3, 4), lambda r: r.integers(0, 4, 3)]),
    "CrossEntropyLoss_one": (
        lambda n: n.CrossEntropyLoss(), [(4,), lambda r: np.array(2)]
    ),
    "CrossEntropyLoss_ignored": (lambda n: n.CrossEntropyLoss(), [(3, 4, 2), some_ignored]),
    "CrossEntropyLoss_sum": (
        lambda n: n.CrossEntropyLoss(ignore_index=-1, reduction="sum"), [(3, 4, 2), below_0_ignored]
    ),
    "CrossEntropyLoss_none": (
        lambda n: n.CrossEntropyLoss(reduction="none"), [(3, 4, 2), some_ignored]
    ),
    "CrossEntropyLoss_smooth": (
        lambda n: n.CrossEntropyLoss(label_smoothing=0.2), [(3, 4, 2), some_ignored]
    ),
    "CrossEntropyLoss_soft": (
        lambda n: n.CrossEntropyLoss(), [(3, 4), lambda r: probabilities(r, (3, 4))]
    ),
    "CrossEntropyLoss_soft_smooth": (
        lambda n: n.CrossEntropyLoss(label_smoothing=0.1, reduction="sum"),
        [(3, 4), lambda r: probabilities(r, (3, 4))],
    ),
    "KLDivLoss": (
        lambda n: n.KLDivLoss(reduction="batchmean"),
        [lambda r: logs(r, (3, 4)), lambda r: probabilities(r, (3, 4))],
    ),
    "KLDivLoss_log": (
        lambda n: n.KLDivLoss(reduction="sum", log_target=True),
        [lambda r: logs(r, (3, 4)), lambda r: logs(r, (3, 4))],
    ),
    "GaussianNLLLoss": (
        lambda n: n.GaussianNLLLoss(full=True),
        [(3, 4), (3, 4), lambda r: r.random((3, 4))],
    ),
}  # fmt: skip
ALL = {**MODULES, **LOSSES}


def inputs_of(t, shapes, dtype):
    """The case's inputs as leaves, the same numbers on both sides."""
    numbers = np.random.default_rng(7)
    made = []
    for shape in shapes:
        array = np.asarray(shape(numbers) if callable(shape) else numbers.normal(size=shape))
        if array.dtype.kind == "f":
            made.append(t.from_numpy(array.astype(dtype)).requires_grad_())
        else:
            made.append(t.from_numpy(array))
    return made


def run(t, name: str, dtype: str = "float64"):
    """Everything that the case gives: text, state, output, gradients."""
    make, shapes = ALL[name]
    t.manual_seed(3)
    module = make(t.nn)
    state = {key: value.numpy().copy() for key, value in module.state_dict().items()}
    if dtype == "float64":
        module = module.double()
    inputs = inputs_of(t, shapes, dtype)
    outputs = [module(*inputs)]
    if module.training:
        outputs.append(module(*inputs))  # once more: buffers have moved
    output = outputs[-1]
    if output.requires_grad:
        weights = np.random.default_rng(8).normal(size=tuple(output.shape)).astype(dtype)
        output.backward(t.from_numpy(np.asarray(weights)))
    gradients = [x.grad for x in (*inputs, *module.parameters())]
    return {
        "text": repr(module),
        "state": state,
        "buffers": {key: value.numpy() for key, value in module.named_buffers()},
        "output": output.detach().numpy(),
        "gradients": [None if g is None else g.numpy() for g in gradients],
        "parameters": [key for key, _ in module.named_parameters()],
    }


@pytest.mark.parametrize("name", ALL)
def test_equals_pytorch(name, torch, bl):
    theirs, ours = run(torch, name), run(bl, name)
    assert ours["text"] == theirs["text"]
    assert ours["parameters"] == theirs["parameters"]
    assert list(ours["state"]) == list(theirs["state"])
    for key, value in theirs["state"].items():
        assert ours["state"][key].dtype == value.dtype
        np.testing.assert_allclose(ours["state"][key], value, rtol=1e-6, atol=1e-7)
    # First values went through float32, so parameters may differ in their last place.
    for kind in ("buffers",):
        assert list(ours[kind]) == list(theirs[kind])
        for key, value in theirs[kind].items():
            np.testing.assert_allclose(ours[kind][key], value, rtol=1e-6, atol=1e-9)
    assert ours["output"].shape == theirs["output"].shape
    np.testing.assert_allclose(ours["output"], theirs["output"], rtol=2e-6, atol=1e-7)
    assert len(ours["gradients"]) == len(theirs["gradients"])
    for mine, wanted in zip(ours["gradients"], theirs["gradients"]):
        assert (mine is None) == (wanted is None)
        if wanted is not None:
            np.testing.assert_allclose(mine, wanted, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("name", ALL)
def test_keeps_float32(name, bl):
    ours = run(bl, name, "float32")
    assert ours["output"].dtype in (np.float32, np.int64)
    assert all(g is None or g.dtype == np.float32 for g in ours["gradients"])


@pytest.mark.parametrize("name", sorted(set(ALL) - {"Dropout_1", "Flatten", "Identity"}))
def test_second_derivatives_by_differences(name, bl):
    """The gradient's own gradient, along one direction, against a difference of gradients."""
    make, shapes = ALL[name]
    bl.manual_seed(3)
    module = make(bl.nn).double()
    if isinstance(module, bl.nn.BatchNorm1d):
        module.momentum = 0.0  # the same function at each call
    inputs = inputs_of(bl, shapes, "float64")
    x = inputs[0]
    if not x.requires_grad:
        pytest.skip("its first input has no gradient")
    numbers = np.random.default_rng(9)

    def gradient(point, create_graph=False):
        output = module(point, *inputs[1:])
        weights = bl.from_numpy(np.asarray(np.random.default_rng(8).normal(size=output.shape)))
        (found,) = bl.autograd.grad((output * weights).sum(), [point], create_graph=create_graph)
        return found

    direction = bl.from_numpy(np.asarray(numbers.normal(size=tuple(x.shape))))
    first = gradient(x, create_graph=True)
    if first.requires_grad:
        (second,) = bl.autograd.grad((first * direction).sum(), [x], allow_unused=True)
        second = None if second is None else second.numpy()
    else:
        second = None
    step = 1e-5
    forward, back = (
        gradient((x.detach() + sign * step * direction).requires_grad_()).numpy()
        for sign in (1, -1)
    )
    wanted = (forward - back) / (2 * step)
    np.testing.assert_allclose(0.0 if second is None else second, wanted, rtol=2e-4, atol=1e-6)


FUNCTIONS = {
    "relu_inplace": lambda t, x: t.nn.functional.relu(x * 1, inplace=True),
    "leaky_inplace": lambda t, x: t.nn.functional.leaky_relu(x * 1, 0.3, inplace=True),
    "softmax_dtype": lambda t, x: t.nn.functional.softmax(x, 1, dtype=t.float64),
    "torch_softmax": lambda t, x: t.softmax(x, 1),
    "method_softmax": lambda t, x: x.softmax(-1),
    "method_log_softmax": lambda t, x: x.log_softmax(0),
    "normalize": lambda t, x: t.nn.functional.normalize(x),
    "normalize_1": lambda t, x: t.nn.functional.normalize(x, p=1.0, dim=0),
    "cosine": lambda t, x: t.nn.functional.cosine_similarity(x, x.flip(0)),
    "one_hot": lambda t, x: t.nn.functional.one_hot(t.arange(4) % 3),
    "one_hot_wide": lambda t, x: t.nn.functional.one_hot(t.tensor([[1, 0]]), num_classes=5),
    "mse_weight": lambda t, x: t.nn.functional.mse_loss(x, x * 2, weight=t.ones_like(x) * 3),
    "ce_weight": lambda t, x: t.nn.functional.cross_entropy(
        x, t.tensor([0, 1, -100]), weight=t.arange(1.0, 5.0)
    ),
    "ce_weight_smooth": lambda t, x: t.nn.functional.cross_entropy(
        x, t.tensor([0, 1, -100]), weight=t.arange(1.0, 5.0), label_smoothing=0.1
    ),
    "ce_weight_soft": lambda t, x: t.nn.functional.cross_entropy(
        x, x.detach().softmax(1), weight=t.arange(1.0, 5.0)
    ),
    "bce_pos_weight": lambda t, x: t.nn.functional.binary_cross_entropy_with_logits(
        x, t.ones_like(x) * 0.3, pos_weight=t.arange(1.0, 5.0), weight=t.ones(4) * 2
    ),
    "bce_edges": lambda t, x: t.nn.functional.binary_cross_entropy(
        t.tensor([0.0, 1.0]), t.tensor([1.0, 1.0]), reduction="none"
    ),
    "layer_norm": lambda t, x: t.nn.functional.layer_norm(x, (4,)),
    "nothing_counts": lambda t, x: t.nn.functional.cross_entropy(x, t.tensor([-100, -100, -100])),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_equal_pytorch(name, torch, bl):
    values = np.random.default_rng(5).normal(size=(3, 4)).astype(np.float32)
    results = []
    for t in (torch, bl):
        x = t.from_numpy(values.copy()).requires_grad_()
        y = FUNCTIONS[name](t, x)
        gradient = None
        if y.requires_grad:
            y.sum().backward()
            gradient = x.grad.numpy()
        results.append((y.detach().numpy(), gradient))
    (wanted, wanted_gradient), (made, gradient) = results
    assert made.dtype == wanted.dtype
    np.testing.assert_allclose(made, wanted, rtol=1e-5, atol=1e-6)
    assert (gradient is None) == (wanted_gradient is None)
    if gradient is not None:
        np.testing.assert_allclose(gradient, wanted_gradient, rtol=1e-5, atol=1e-6)


INITS = {
    "uniform_": lambda i, w: i.uniform_(w, -2.0, 3.0),
    "normal_": lambda i, w: i.normal_(w, 1.0, 0.1),
    "trunc_normal_": lambda i, w: i.trunc_normal_(w, 0.5, 1.5, -1.0, 1.0),
    "constant_": lambda i, w: i.constant_(w, 0.3),
    "ones_": lambda i, w: i.ones_(w),
    "zeros_": lambda i, w: i.zeros_(w),
    "eye_": lambda i, w: i.eye_(w),
    "xavier_uniform_": lambda i, w: i.xavier_uniform_(w, gain=2.0),
    "xavier_normal_": lambda i, w: i.xavier_normal_(w),
    "kaiming_uniform_": lambda i, w: i.kaiming_uniform_(w, nonlinearity="relu"),
    "kaiming_normal_": lambda i, w: i.kaiming_normal_(w, a=0.1, mode="fan_out"),
    "orthogonal_": lambda i, w: i.orthogonal_(w, gain=1.5),
}


@pytest.mark.parametrize("shape", [(5, 7), (7, 5), (3, 4, 2)])
@pytest.mark.parametrize("name", INITS)
def test_init_gives_pytorchs_numbers(name, shape, torch, bl):
    if name == "eye_" and len(shape) == 3:
        pytest.skip("a matrix only")
    results = []
    for t in (torch, bl):
        t.manual_seed(12)
        weight = t.nn.Parameter(t.zeros(shape))
        assert INITS[name](t.nn.init, weight) is weight
        assert weight.requires_grad
        results.append(weight.detach().numpy())
    np.testing.assert_allclose(results[1], results[0], rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize(
    "gain", [("relu",), ("tanh",), ("leaky_relu",), ("leaky_relu", 0.3), ("linear",), ("selu",)]
)
def test_gains(gain, torch, bl):
    assert bl.nn.init.calculate_gain(*gain) == torch.nn.init.calculate_gain(*gain)


ERRORS = {
    "mm": lambda t: t.nn.Linear(3, 2)(t.zeros(4, 5)),
    "dropout_p": lambda t: t.nn.Dropout(1.5),
    "embedding_range": lambda t: t.nn.Embedding(3, 2)(t.tensor([5])),
    "padding": lambda t: t.nn.Embedding(3, 2, padding_idx=7),
    "ce_batch": lambda t: t.nn.functional.cross_entropy(t.zeros(3, 4), t.tensor([0, 1])),
    "ce_class": lambda t: t.nn.functional.cross_entropy(t.zeros(2, 4), t.tensor([0, 9])),
    "ce_dtype": lambda t: t.nn.functional.cross_entropy(t.zeros(2, 4), t.tensor([0.0, 1.0])),
    "bce_size": lambda t: t.nn.functional.binary_cross_entropy(t.ones(2), t.ones(3)),
    "bce_range": lambda t: t.nn.functional.binary_cross_entropy(t.ones(2) * 2, t.ones(2)),
    "bce_logits_size": lambda t: t.nn.functional.binary_cross_entropy_with_logits(
        t.ones(2, 1), t.ones(2)
    ),
    "reduction": lambda t: t.nn.functional.mse_loss(t.ones(2), t.ones(2), reduction="average"),
    "layer_norm": lambda t: t.nn.LayerNorm(4)(t.zeros(2, 3)),
    "batch_norm_dims": lambda t: t.nn.BatchNorm1d(4)(t.zeros(2, 4, 3, 2)),
    "batch_norm_one": lambda t: t.nn.BatchNorm1d(4)(t.zeros(1, 4)),
    "one_hot": lambda t: t.nn.functional.one_hot(t.tensor([3]), num_classes=2),
    "one_hot_float": lambda t: t.nn.functional.one_hot(t.tensor([3.0])),
    "xavier_vector": lambda t: t.nn.init.xavier_uniform_(t.zeros(3)),
    "gain": lambda t: t.nn.init.calculate_gain("sine"),
    "unflatten": lambda t: t.nn.Unflatten(1, 3.5),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_say_what_pytorch_says(name, torch, bl):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        ERRORS[name](torch)
    with pytest.raises(theirs.type) as ours:
        ERRORS[name](bl)
    assert str(ours.value).split("\n")[0].startswith(str(theirs.value).split("\n")[0])


def test_warns_of_sizes_that_differ(torch, bl):
    texts = []
    for t in (torch, bl):
        with pytest.warns(UserWarning, match="Using a target size") as caught:
            t.nn.functional.mse_loss(t.zeros(3, 1), t.zeros(3))
        texts.append(str(caught[0].message))
        assert caught[0].filename == __file__
    assert texts[0] == texts[1]


def test_warns_of_a_softmax_without_dim(bl):
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
        bl.nn.functional.softmax(bl.zeros(2, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bl.nn.functional.softmax(bl.zeros(2, 3), dim=1)


@pytest.mark.parametrize("place", ["nn", "nn.functional"])
def test_missing_names_say_so(place, bl):
    module = bl.nn if place == "nn" else bl.nn.functional
    with pytest.raises(NotImplementedError, match=rf"torch\.{place}\.scaled_dot_product"):
        module.scaled_dot_product  # noqa: B018
    assert not hasattr(module, "no_such_name")
    with pytest.raises(NotImplementedError, match="nearest name that it has is"):
        getattr(module, "Linera" if place == "nn" else "cross_entropi")
