"""Module's machinery as PyTorch's: registering, finding, saving, loading, hooks, printing."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest


def net(t):
    """A module with everything: parameters, buffers, lists, a shared layer."""

    class Block(t.nn.Module):
        def __init__(self, width):
            super().__init__()
            self.fc = t.nn.Linear(width, width)
            self.register_buffer("seen", t.zeros(1))
            self.register_buffer("scratch", t.zeros(2), persistent=False)

        def forward(self, x):
            self.seen += 1
            return t.tanh(self.fc(x))

        def extra_repr(self):
            return "a block"

    class Net(t.nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = t.nn.Linear(3, 4)
            self.blocks = t.nn.ModuleList([Block(4), Block(4)])
            self.heads = t.nn.ModuleDict({"a": t.nn.Linear(4, 2), "b": t.nn.Identity()})
            self.scale = t.nn.Parameter(t.ones(2))
            self.extra = t.nn.ParameterList([t.zeros(1), t.ones(2, 2)])
            self.shared = self.embed
            self.register_parameter("nothing", None)

        def forward(self, x):
            x = self.embed(x)
            for block in self.blocks:
                x = block(x)
            return self.heads["a"](x) * self.scale

    t.manual_seed(1)
    return Net()


LISTINGS = {
    "named_parameters": lambda m: [(k, tuple(v.shape)) for k, v in m.named_parameters()],
    "named_parameters_twice": lambda m: [
        k for k, _ in m.named_parameters(prefix="x", remove_duplicate=False)
    ],
    "own_parameters": lambda m: [k for k, _ in m.named_parameters(recurse=False)],
    "parameters": lambda m: len(list(m.parameters())),
    "named_buffers": lambda m: [k for k, _ in m.named_buffers()],
    "buffers": lambda m: len(list(m.buffers())),
    "named_modules": lambda m: [(k, type(v).__name__) for k, v in m.named_modules()],
    "named_modules_twice": lambda m: [k for k, _ in m.named_modules(remove_duplicate=False)],
    "modules": lambda m: len(list(m.modules())),
    "named_children": lambda m: [k for k, _ in m.named_children()],
    "children": lambda m: len(list(m.children())),
    "state_dict": lambda m: list(m.state_dict()),
    "state_dict_prefix": lambda m: list(m.blocks.state_dict(prefix="p.")),
    "metadata": lambda m: dict(m.state_dict()._metadata),
    "repr": repr,
    "get_submodule": lambda m: type(m.get_submodule("blocks.1.fc")).__name__,
    "get_parameter": lambda m: tuple(m.get_parameter("blocks.1.fc.weight").shape),
    "get_buffer": lambda m: tuple(m.get_buffer("blocks.1.seen").shape),
    "dir": lambda m: [k for k in ("scale", "blocks", "nothing") if k in dir(m)],
    "nothing": lambda m: m.nothing,
    "training": lambda m: [m.training, m.eval().training, m.blocks[1].training],
    "apply": lambda m: (seen := [], m.apply(lambda x: seen.append(type(x).__name__)))[0],
    "half": lambda m: [str(p.dtype) for p in m.half().parameters()][:2],
    "to": lambda m: [str(v.dtype) for v in m.double().state_dict().values()],
    "requires_grad_": lambda m: [p.requires_grad for p in m.requires_grad_(False).parameters()],
}


@pytest.mark.parametrize("name", LISTINGS)
def test_lists_as_pytorch(name, torch, bl):
    assert LISTINGS[name](net(bl)) == LISTINGS[name](net(torch))


def lines(t):
    n = t.nn
    return [
        n.Sequential(),
        n.Sequential(n.Linear(2, 3), n.ReLU(), n.ReLU(inplace=True)),
        n.Sequential(OrderedDict(first=n.Linear(2, 3), act=n.Tanh())),
        n.ModuleList(),
        n.ModuleList([n.Linear(2, 2)] * 3),
        n.ModuleList([n.Linear(2, 2), n.ReLU(), n.Sequential(n.Linear(1, 1)), n.ReLU(), n.ReLU()]),
        n.ModuleDict({"a": n.Linear(1, 2), "b": n.ModuleDict()}),
        n.ParameterList([t.zeros(2, 3), n.Parameter(t.zeros(1))]),
        n.ParameterDict({"w": t.zeros(2, 3)}),
        n.Module(),
        n.CrossEntropyLoss(),
        n.Parameter(t.zeros(2)),
    ]


def test_prints_as_pytorch(torch, bl):
    assert [repr(x) for x in lines(bl)] == [repr(x) for x in lines(torch)]


def test_containers_behave_as_pytorchs(torch, bl):
    found = []
    for t in (torch, bl):
        n = t.nn
        s = n.Sequential(n.Linear(2, 3), n.ReLU(), n.Linear(3, 2), n.Tanh())
        out = [len(s), len(s[1:3]), repr(s[-1]), list(s[::2].state_dict())]
        del s[1]
        s.append(n.Sigmoid())
        s.insert(0, n.Identity())
        s[1] = n.Linear(5, 5)
        s.extend([n.ReLU()])
        out += [repr(s), repr(s.pop(0)), repr(s + n.Sequential(n.Tanh())), list(s.state_dict())]
        m = n.ModuleList([n.Linear(1, 1), n.ReLU()])
        m += [n.Tanh()]
        del m[0]
        out += [repr(m), len(m), repr(m[0:1]), [type(x).__name__ for x in m]]
        d = n.ModuleDict([("x", n.ReLU())])
        d["y"] = n.Linear(1, 1)
        d.update({"z": n.Tanh()})
        d.pop("x")
        out += [list(d), "y" in d, len(d), [k for k, _ in d.items()], len(list(d.values()))]
        p = n.ParameterList([t.zeros(1)])
        p.append(t.ones(2))
        p[0] = t.ones(3)
        out += [len(p), [tuple(x.shape) for x in p], [k for k, _ in p.named_parameters()]]
        q = n.ParameterDict({"a": t.zeros(1)})
        q["b"] = t.ones(2)
        out += [list(q.keys()), "a" in q, tuple(q.pop("a").shape), len(q), list(q.state_dict())]
        found.append(out)
    assert found[1] == found[0]


def load(t, change, **options):
    """What loading a changed state says."""
    module = net(t)
    state = module.state_dict()
    change(t, state)
    try:
        return repr(net(t).load_state_dict(state, **options))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


CHANGES = {
    "nothing": lambda t, s: None,
    "missing": lambda t, s: [s.pop("scale"), s.pop("blocks.0.fc.bias")],
    "unexpected": lambda t, s: s.update({"blocks.0.more": t.zeros(1), "odd": t.zeros(1)}),
    "shape": lambda t, s: s.update({"scale": t.zeros(3)}),
    "all": lambda t, s: [s.pop("scale"), s.update({"odd": t.zeros(1), "embed.bias": t.zeros(9)})],
    "kind": lambda t, s: s.update({"scale": 5}),
}


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("name", CHANGES)
def test_loading_says_what_pytorch_says(name, strict, torch, bl):
    theirs = load(torch, CHANGES[name], strict=strict).replace("torch.Size", "Size")
    assert load(bl, CHANGES[name], strict=strict).replace("torch.Size", "Size") == theirs


def test_a_state_goes_from_pytorch_to_backlight(torch, bl):
    theirs, ours = net(torch), net(bl)
    with torch.no_grad():
        for p in theirs.parameters():
            p.add_(torch.arange(p.numel()).reshape(p.shape))
    ours.load_state_dict({k: bl.from_numpy(v.numpy()) for k, v in theirs.state_dict().items()})
    x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    wanted = theirs(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(ours(bl.from_numpy(x)).detach().numpy(), wanted, rtol=1e-5)


def test_state_dict_shares_memory_and_loading_keeps_parameters(bl):
    module = bl.nn.Linear(2, 2)
    weight, state = module.weight, module.state_dict()
    with bl.no_grad():
        module.weight.fill_(3.0)
    assert state["weight"].tolist() == [[3.0, 3.0], [3.0, 3.0]]
    assert not state["weight"].requires_grad
    module.load_state_dict({"weight": bl.zeros(2, 2), "bias": bl.zeros(2)})
    assert module.weight is weight
    assert weight.requires_grad
    assert module.state_dict(keep_vars=True)["weight"] is weight


def test_loading_by_assignment(bl):
    module = bl.nn.Linear(2, 2)
    given = {"weight": bl.zeros(2, 2, dtype=bl.float64), "bias": bl.zeros(2, dtype=bl.float64)}
    module.load_state_dict(given, assign=True)
    assert module.weight.dtype is bl.float64
    assert isinstance(module.weight, bl.nn.Parameter)
    assert list(dict(module.named_parameters())) == ["weight", "bias"]


@pytest.mark.parametrize("way", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_stands_alone(way, bl):
    module = bl.nn.Sequential(bl.nn.Linear(2, 3), bl.nn.LayerNorm(3))
    made = way(module)
    assert repr(made) == repr(module)
    for (key, a), (other, b) in zip(module.state_dict().items(), made.state_dict().items()):
        assert key == other
        assert a.tolist() == b.tolist()
    x = bl.arange(8.0).reshape(4, 2)
    made(x).sum().backward()
    assert module[0].weight.grad is None
    with bl.no_grad():
        made[0].weight.zero_()
    assert module[0].weight.abs().sum().item() > 0


def test_a_copy_keeps_shared_parameters_shared(bl):
    module = bl.nn.Sequential(bl.nn.Linear(2, 2), bl.nn.Linear(2, 2))
    module[1].weight = module[0].weight
    made = copy.deepcopy(module)
    assert made[0].weight is made[1].weight
    assert made[0].weight is not module[0].weight


def before_init(t):
    class Early(t.nn.Module):
        def __init__(self):
            self.fc = t.nn.Linear(1, 1)

    return Early()


def parameter_before_init(t):
    class Early(t.nn.Module):
        def __init__(self):
            self.w = t.nn.Parameter(t.zeros(1))

    return Early()


def assign(name, value):
    def run(t):
        module = net(t)
        setattr(module, name, value(t))

    return run


ERRORS = {
    "module_before_init": before_init,
    "parameter_before_init": parameter_before_init,
    "no_forward": lambda t: t.nn.Module()(t.zeros(1)),
    "no_attribute": lambda t: net(t).missing,
    "tensor_as_parameter": assign("scale", lambda t: t.zeros(2)),
    "number_as_parameter": assign("scale", lambda t: 3),
    "tensor_as_module": assign("embed", lambda t: t.zeros(2)),
    "non_leaf": assign("new", lambda t: None) and (
        lambda t: t.nn.Module().register_parameter("w", t.zeros(1, requires_grad=True) * 2)
    ),
    "dotted_parameter": lambda t: t.nn.Module().register_parameter("a.b", None),
    "empty_parameter": lambda t: t.nn.Module().register_parameter("", None),
    "taken_name": lambda t: t.nn.Module().register_parameter("forward", None),
    "parameter_name": lambda t: t.nn.Module().register_parameter(3, None),
    "dotted_buffer": lambda t: t.nn.Module().register_buffer("a.b", None),
    "buffer_kind": lambda t: t.nn.Module().register_buffer("a", 3),
    "module_kind": lambda t: t.nn.Module().add_module("a", 3),
    "dotted_module": lambda t: t.nn.Module().add_module("a.b", t.nn.Module()),
    "unknown_argument": lambda t: t.nn.Module(width=3),
    "extra_argument": lambda t: t.nn.Module(3),
    "train_mode": lambda t: net(t).train("yes"),
    "to_integer": lambda t: net(t).to(t.int64),
    "submodule": lambda t: net(t).get_submodule("blocks.7"),
    "submodule_kind": lambda t: net(t).get_submodule("scale"),
    "parameter_kind": lambda t: net(t).get_parameter("blocks.0.seen"),
    "buffer_missing": lambda t: net(t).get_buffer("blocks.0.nope"),
    "state_kind": lambda t: net(t).load_state_dict(3),
    "sequential_index": lambda t: t.nn.Sequential(t.nn.ReLU())[3],
    "list_index": lambda t: t.nn.ModuleList()[0],
    "extend": lambda t: t.nn.ModuleList().extend(3),
    "pre_hook": lambda t: pre_hook_with_kwargs(t),
}  # fmt: skip


def pre_hook_with_kwargs(t):
    module = t.nn.Identity()
    module.register_forward_pre_hook(lambda m, a, k: 5, with_kwargs=True)
    module(t.zeros(1))


@pytest.mark.parametrize("name", ERRORS)
def test_errors_say_what_pytorch_says(name, torch, bl):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        ERRORS[name](torch)
    with pytest.raises(theirs.type) as ours:
        ERRORS[name](bl)
    assert str(ours.value) == str(theirs.value)


def test_assigning_registers_and_forgets(bl):
    module = bl.nn.Module()
    module.w = 3
    module.w = bl.nn.Parameter(bl.zeros(1))
    assert "w" in module._parameters
    assert "w" not in module.__dict__
    module.w = None
    assert module.w is None
    del module.w
    assert not hasattr(module, "w")
    module.b = bl.nn.Buffer(bl.zeros(2), persistent=False)
    assert [k for k, _ in module.named_buffers()] == ["b"]
    assert list(module.state_dict()) == []
    module.b = bl.ones(2)
    assert module.get_buffer("b").tolist() == [1.0, 1.0]


def hooked(t):
    """A run with every kind of hook; what they saw and what came out."""
    seen = []
    t.manual_seed(2)
    module = t.nn.Sequential(t.nn.Linear(3, 3), t.nn.Tanh())
    inner = module[0]
    inner.register_forward_pre_hook(lambda m, a: seen.append("pre") or (a[0] * 2,))
    inner.register_forward_pre_hook(lambda m, a: seen.append("first"), prepend=True)
    inner.register_forward_hook(lambda m, a, y: seen.append(("post", tuple(y.shape))) or y + 1)
    module.register_forward_hook(
        lambda m, a, k, y: seen.append(("kwargs", sorted(k))), with_kwargs=True
    )
    inner.register_full_backward_pre_hook(lambda m, g: seen.append("back pre"))
    inner.register_full_backward_hook(
        lambda m, gi, go: seen.append(("back", gi[0] is None, go[0].sum().item())) or (gi[0] * 3,)
    )
    handle = module.register_full_backward_hook(lambda m, gi, go: seen.append("never"))
    handle.remove()
    x = t.arange(6.0).reshape(2, 3).requires_grad_()
    module(x).sum().backward()
    return seen, x.grad.tolist(), module[0].weight.grad.tolist()


def test_hooks_run_as_pytorchs(torch, bl):
    (seen, grad, weight), (theirs, their_grad, their_weight) = hooked(bl), hooked(torch)
    assert [s if not isinstance(s, tuple) else s[:2] for s in seen] == [
        s if not isinstance(s, tuple) else s[:2] for s in theirs
    ]
    np.testing.assert_allclose(grad, their_grad, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(weight, their_weight, rtol=1e-5, atol=1e-6)


def test_a_backward_hook_without_input_gradients(torch, bl):
    found = []
    for t in (torch, bl):
        seen = []
        module = t.nn.Linear(2, 2)
        module.register_full_backward_hook(
            lambda m, gi, go, seen=seen: seen.append((gi[0] is None, go[0].tolist()))
        )
        with pytest.warns(UserWarning, match="Full backward hook is firing"):
            module(t.ones(1, 2)).sum().backward()
        found.append((seen, module.weight.grad.tolist()))
    assert found[0] == found[1]


def test_a_hook_that_is_always_called(bl):
    seen = []
    module = bl.nn.Linear(2, 2)
    module.register_forward_hook(lambda m, a, y: seen.append(y), always_call=True)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        module(bl.zeros(1, 3))
    assert seen == [None]


def test_hooks_of_all_modules(bl):
    seen = []
    handles = [
        bl.nn.register_module_forward_pre_hook(lambda m, a: seen.append("in " + type(m).__name__)),
        bl.nn.register_module_forward_hook(lambda m, a, y: seen.append(type(m).__name__)),
    ]
    try:
        bl.nn.Sequential(bl.nn.ReLU())(bl.zeros(1))
    finally:
        for handle in handles:
            handle.remove()
    assert seen == ["in Sequential", "in ReLU", "ReLU", "Sequential"]
    bl.nn.ReLU()(bl.zeros(1))
    assert len(seen) == 4


def test_state_dict_hooks(bl):
    module = bl.nn.Linear(1, 1)
    module.register_state_dict_post_hook(lambda m, s, prefix, meta: s.update(more=bl.zeros(1)))
    assert list(module.state_dict()) == ["weight", "bias", "more"]
    seen = []
    module.register_load_state_dict_post_hook(lambda m, keys: seen.append(keys.missing_keys))
    module.load_state_dict({"weight": bl.zeros(1, 1)}, strict=False)
    assert seen == [["bias"]]


def test_extra_state_is_saved_and_loaded(bl):
    class Counter(bl.nn.Module):
        count = 0

        def get_extra_state(self):
            return self.count

        def set_extra_state(self, state):
            self.count = state

    source, target = Counter(), Counter()
    source.count = 7
    target.load_state_dict(source.state_dict())
    assert target.count == 7


def test_zero_grad(bl):
    module = bl.nn.Linear(2, 1)
    module(bl.ones(1, 2)).sum().backward()
    module.zero_grad(set_to_none=False)
    assert module.weight.grad.tolist() == [[0.0, 0.0]]
    module.zero_grad()
    assert module.weight.grad is None


def test_to_keeps_parameters_and_moves_gradients(bl):
    module = bl.nn.Linear(2, 1)
    weight = module.weight
    module(bl.ones(1, 2)).sum().backward()
    assert module.to(bl.float64) is module
    assert module.weight is weight
    assert weight.dtype is bl.float64
    assert weight.grad.dtype is bl.float64
    module(bl.ones(1, 2, dtype=bl.float64)).sum().backward()
    assert weight.grad.tolist() == [[2.0, 2.0]]


def test_parameters(torch, bl):
    for t in (torch, bl):
        data = t.zeros(2)
        parameter = t.nn.Parameter(data)
        assert parameter.requires_grad
        assert parameter.is_leaf
        assert isinstance(parameter, t.Tensor)
        assert type(parameter * 1) is t.Tensor
        with t.no_grad():
            parameter += 1
        assert data.tolist() == [1.0, 1.0]
        assert t.nn.Parameter(t.ones(1, dtype=t.int64), requires_grad=False).dtype == t.int64
        assert t.nn.Parameter().shape == (0,)
    with pytest.raises(TypeError, match=r"torch\.tensor"):
        bl.nn.Parameter([1.0])


CLIPS = {
    "norm": lambda t, p: t.nn.utils.clip_grad_norm_(p, 1.0).item(),
    "norm_large": lambda t, p: t.nn.utils.clip_grad_norm_(p, 1000.0).item(),
    "norm_1": lambda t, p: t.nn.utils.clip_grad_norm_(p, 1.0, norm_type=1).item(),
    "norm_inf": lambda t, p: t.nn.utils.clip_grad_norm_(p, 1.0, norm_type=float("inf")).item(),
    "norm_one": lambda t, p: t.nn.utils.clip_grad_norm_(p[0], 1.0).item(),
    "value": lambda t, p: t.nn.utils.clip_grad_value_(p, 0.5),
}


@pytest.mark.parametrize("name", CLIPS)
def test_clipping_equals_pytorch(name, torch, bl):
    found = []
    for t in (torch, bl):
        parameters = [t.nn.Parameter(t.zeros(2, 3)), t.nn.Parameter(t.zeros(4))]
        parameters.append(t.nn.Parameter(t.zeros(2)))  # no gradient
        (parameters[0] * t.arange(-3.0, 3.0).reshape(2, 3)).sum().backward()
        (parameters[1] * 2).sum().backward()
        found.append((CLIPS[name](t, parameters), [p.grad for p in parameters]))
    assert (found[1][0] is None) == (found[0][0] is None)
    assert (found[1][0] or 0.0) == pytest.approx(found[0][0] or 0.0, rel=1e-5)
    for theirs, ours in zip(found[0][1], found[1][1]):
        assert (theirs is None) == (ours is None)
        if theirs is not None:
            np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5)


def test_clipping_can_refuse_what_is_not_finite(bl):
    parameter = bl.nn.Parameter(bl.zeros(1))
    parameter.grad = bl.tensor([float("nan")])
    with pytest.raises(RuntimeError, match=r"The total norm of order 2\.0 .* is non-finite"):
        bl.nn.utils.clip_grad_norm_([parameter], 1.0, error_if_nonfinite=True)


def test_parameters_as_a_vector(bl):
    module = bl.nn.Linear(2, 1)
    vector = bl.nn.utils.parameters_to_vector(module.parameters())
    assert vector.shape == (3,)
    assert vector.requires_grad
    bl.nn.utils.vector_to_parameters(bl.arange(3.0), module.parameters())
    assert module.weight.tolist() == [[0.0, 1.0]]
    assert module.bias.tolist() == [2.0]


class Heard:
    """What a listener is told of modules."""

    def __init__(self, tap):
        class Ears(tap.Listener):
            def module_enter(self, module):
                heard.append(("enter", type(module).__name__))

            def module_exit(self, module):
                heard.append(("exit", type(module).__name__))

        heard = self.heard = []
        self.ears = Ears()


def test_a_listener_hears_modules_also_when_they_raise(bl):
    from backlight.observe import tap

    if tap.listener is not None:
        pytest.skip("there is a listener already")
    module = bl.nn.Sequential(bl.nn.Linear(2, 2), bl.nn.ReLU())
    heard = Heard(tap)
    tap.attach(heard.ears)
    try:
        with pytest.raises(RuntimeError):
            module(bl.zeros(1, 3))
        module(bl.zeros(1, 2))
    finally:
        tap.detach()
    module(bl.zeros(1, 2))
    outer, linear, relu = "Sequential", "Linear", "ReLU"
    assert heard.heard == [
        ("enter", outer), ("enter", linear), ("exit", linear), ("exit", outer),
        ("enter", outer), ("enter", linear), ("exit", linear), ("enter", relu), ("exit", relu),
        ("exit", outer),
    ]  # fmt: skip
