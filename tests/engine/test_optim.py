"""Optimisers and schedulers go PyTorch's way, step by step, and keep its state."""

from __future__ import annotations

import copy
import sys

import numpy as np
import pytest

CONFIGURATIONS = {
    "SGD": {"lr": 0.1},
    "SGD momentum": {"lr": 0.1, "momentum": 0.9},
    "SGD dampening": {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1},
    "SGD nesterov": {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    "SGD maximize": {"lr": 0.01, "momentum": 0.5, "maximize": True},
    "Adam": {"lr": 0.1},
    "Adam betas": {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1},
    "Adam amsgrad": {"lr": 0.1, "amsgrad": True},
    "Adam maximize": {"lr": 0.1, "maximize": True},
    "AdamW": {"lr": 0.1},
    "AdamW decay": {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True},
    "RMSprop": {"lr": 0.1},
    "RMSprop centered": {"lr": 0.1, "centered": True, "momentum": 0.7, "weight_decay": 0.1},
    "Adagrad": {"lr": 0.1},
    "Adagrad decay": {
        "lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.2
    },
    "Adadelta": {"rho": 0.8, "weight_decay": 0.1},
    "Adafactor": {"lr": 0.1, "weight_decay": 0.1},
    "Adafactor clipped": {"lr": 0.1, "d": 1.5, "beta2_decay": -0.5, "eps": (1e-20, 1e-2)},
    "Adamax": {"lr": 0.1, "weight_decay": 0.1},
    "ASGD": {"lr": 0.1, "t0": 2, "weight_decay": 0.1},
    "NAdam": {"lr": 0.1, "weight_decay": 0.1},
    "NAdam decoupled": {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
    "RAdam": {"lr": 0.1, "betas": (0.9, 0.6), "weight_decay": 0.1},
    "Rprop": {"lr": 0.1, "step_sizes": (0.05, 0.13)},
}  # fmt: skip

SHAPES = [(4, 3), (4,), (), (2, 2, 2), (200, 100)]  # small ones, a 0-d one, a large one


def parameters(t, dtype="float64", shapes=SHAPES):
    numbers = np.random.default_rng(1)
    made = [np.asarray(numbers.normal(size=shape)).astype(dtype) for shape in shapes]
    return [t.nn.Parameter(t.from_numpy(a)) for a in made]


def give_gradients(t, params, step, without=()):
    """Gradients from a loss that depends on the values, so that a wrong step shows later."""
    numbers = np.random.default_rng(100 + step)
    for k, p in enumerate(params):
        scale = numbers.normal(size=tuple(p.shape))
        values = p.detach().numpy()
        gradient = np.asarray(np.sin(values) + scale).astype(values.dtype)
        p.grad = None if k in without else t.from_numpy(gradient)


def make(t, name, params):
    return getattr(t.optim, name.split()[0])(params, **CONFIGURATIONS[name])


def states(optimizer):
    return {
        number: {k: v.numpy() if hasattr(v, "numpy") else v for k, v in entry.items()}
        for number, entry in optimizer.state_dict()["state"].items()
    }


def compare(ours, theirs, rtol=1e-12):
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_steps_equal_pytorchs(name, torch, bl):
    ours, theirs = parameters(bl), parameters(torch)
    mine, wanted = make(bl, name, ours), make(torch, name, theirs)
    assert repr(mine) == repr(wanted)
    for step in range(6):
        # Parameters come and go: what was updated in a row must come apart and together again.
        without = {2: (1,), 3: (0, 1, 2), 4: (4,)}.get(step, ())
        give_gradients(bl, ours, step, without)
        give_gradients(torch, theirs, step, without)
        mine.step()
        wanted.step()
        compare(ours, theirs)
        kept, kept_by_torch = states(mine), states(wanted)
        assert list(kept) == list(kept_by_torch)
        for number, entry in kept_by_torch.items():
            assert list(kept[number]) == list(entry)
            for key, value in entry.items():
                have = kept[number][key]
                assert getattr(have, "dtype", None) == getattr(value, "dtype", None)
                np.testing.assert_allclose(have, value, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_float32_stays_close_to_pytorchs(name, torch, bl):
    ours, theirs = parameters(bl, "float32"), parameters(torch, "float32")
    mine, wanted = make(bl, name, ours), make(torch, name, theirs)
    for step in range(10):
        give_gradients(bl, ours, step)
        give_gradients(torch, theirs, step)
        mine.step()
        wanted.step()
    compare(ours, theirs, rtol=5e-5)
    assert all(p.dtype is bl.float32 for p in ours)


@pytest.mark.parametrize("source", ["own", "pytorch"])
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_saved_state_goes_on(name, source, torch, bl):
    ours, theirs = parameters(bl), parameters(torch)
    mine, wanted = make(bl, name, ours), make(torch, name, theirs)
    for step in range(3):
        give_gradients(bl, ours, step)
        give_gradients(torch, theirs, step)
        mine.step()
        wanted.step()
    if source == "own":
        saved = copy.deepcopy(mine.state_dict())
    else:
        saved = wanted.state_dict()
        saved["state"] = {
            number: {
                key: bl.from_numpy(value.numpy().copy()) if hasattr(value, "numpy") else value
                for key, value in entry.items()
            }
            for number, entry in saved["state"].items()
        }
    copies = [bl.nn.Parameter(p.detach().clone()) for p in ours]
    again = make(bl, name, copies)
    again.load_state_dict(saved)
    for step in range(3, 6):
        give_gradients(bl, copies, step)
        give_gradients(torch, theirs, step)
        again.step()
        wanted.step()
    # A loaded number (the rate of ASGD) takes its parameter's dtype, and goes on with more digits.
    compare(copies, theirs, rtol=1e-7)


CLOSURES = {
    "LBFGS": {},
    "LBFGS rate": {"lr": 0.3, "max_iter": 5, "history_size": 2},
    "LBFGS search": {"line_search_fn": "strong_wolfe"},
}


def rosenbrock(p):
    """A long bent valley: (1 - x)^2 + 3 (y - x^2)^2, with a third number that is far away."""
    x, y, far = p[0], p[1], p[2]
    return (1 - x) ** 2 + 3 * (y - x**2) ** 2 + (far - 3) ** 4


@pytest.mark.filterwarnings("ignore:Converting a tensor")
@pytest.mark.parametrize("name", CLOSURES)
def test_closures_are_evaluated_as_often_and_lead_as_far(name, torch, bl):
    found = []
    for t in (torch, bl):
        p = t.nn.Parameter(t.tensor([-1.2, 1.0, 0.5], dtype=t.float64))
        optimizer = t.optim.LBFGS([p], **CLOSURES[name])
        losses = []

        def closure(p=p, optimizer=optimizer, losses=losses):
            optimizer.zero_grad()
            loss = rosenbrock(p)
            loss.backward()
            losses.append(loss.item())
            return loss

        for _ in range(3):
            losses.append(float(optimizer.step(closure)))
        found.append((losses, p.detach().numpy(), list(optimizer.state_dict()["state"][0])))
    np.testing.assert_allclose(found[1][0], found[0][0], rtol=1e-6)
    np.testing.assert_allclose(found[1][1], found[0][1], rtol=1e-6)
    assert found[1][2] == found[0][2]


@pytest.mark.parametrize("settings", [{}, {"nesterov": False, "adjust_lr_fn": "match_rms_adamw"}])
def test_muon_makes_momentum_orthogonal_as_pytorch(settings, torch, bl):
    found = []
    for t in (torch, bl):
        params = parameters(t, "float32", [(6, 4), (3, 8)])
        optimizer = t.optim.Muon(params, lr=0.1, **settings)
        for step in range(4):
            give_gradients(t, params, step)
            optimizer.step()
        found.append(params)
    for ours, theirs in zip(*found[::-1]):
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), atol=2e-2)


@pytest.mark.parametrize("kind", ["mean", "moving", "buffers"])
def test_averaged_models_equal_pytorchs(kind, torch, bl):
    found = []
    for t in (torch, bl):
        swa = t.optim.swa_utils
        model = t.nn.Sequential(t.nn.Linear(2, 2), t.nn.BatchNorm1d(2))
        options = {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.7)} if kind == "moving" else {}
        averaged = swa.AveragedModel(model, use_buffers=kind == "buffers", **options)
        for k in range(4):
            with t.no_grad():
                for p in model.parameters():
                    p.copy_(t.full_like(p, float(k * k)))
            model[1].running_mean.fill_(float(k))
            averaged.update_parameters(model)
        found.append([x.detach().numpy() for x in averaged.state_dict().values()])
        assert averaged.n_averaged == 4
    for ours, theirs in zip(*found):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_a_scaler_skips_what_is_not_finite_as_pytorchs(torch, bl):
    found = []
    for t in (torch, bl):
        w = t.nn.Parameter(t.tensor([1.0, 2.0]))
        optimizer = t.optim.SGD([w], lr=0.1)
        scaler = t.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
        seen = []
        for factor in (1.0, float("inf"), 1.0, 1.0, 1.0):
            optimizer.zero_grad()
            scaler.scale((w * w).sum() * factor).backward()
            scaler.unscale_(optimizer)
            t.nn.utils.clip_grad_norm_([w], 1.0)
            scaler.step(optimizer)
            scaler.update()
            seen.append((scaler.get_scale(), w.detach().numpy().round(6).tolist()))
        again = t.amp.GradScaler("cpu")
        again.load_state_dict(scaler.state_dict())
        found.append((seen, scaler.state_dict(), again.get_scale()))
    assert found[1] == found[0]


def test_batch_norms_are_measured_anew(bl):
    model = bl.nn.Sequential(bl.nn.BatchNorm1d(2))
    data = bl.arange(12.0).reshape(6, 2)
    model(data + 100)
    bl.optim.swa_utils.update_bn([[data[:3]], [data[3:]]], model)
    assert model[0].running_mean.tolist() == [5.0, 6.0]
    assert model[0].momentum == 0.1


def test_groups_have_options_of_their_own(torch, bl):
    found = []
    for t in (torch, bl):
        params = parameters(t)
        optimizer = t.optim.SGD(
            [{"params": params[:2], "lr": 0.5}, {"params": params[2:4], "momentum": 0.9}], lr=0.1
        )
        optimizer.add_param_group({"params": params[4], "lr": 0.0})
        for step in range(3):
            give_gradients(t, params, step)
            optimizer.step()
            optimizer.param_groups[0]["lr"] /= 2
        found.append((params, repr(optimizer), optimizer.state_dict()["param_groups"]))
    compare(found[1][0], found[0][0])
    assert found[1][1:] == found[0][1:]


def test_named_parameters(torch, bl):
    for t in (torch, bl):
        layer = t.nn.Linear(2, 1)
        optimizer = t.optim.SGD(layer.named_parameters(), lr=0.1)
        assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
        assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]


def test_a_closure_computes_the_loss_again(bl):
    w = bl.nn.Parameter(bl.tensor([2.0]))
    optimizer = bl.optim.SGD([w], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with bl.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 4.0
    assert w.item() == 1.0


def test_zero_grad(bl):
    w = bl.nn.Parameter(bl.ones(2))
    optimizer = bl.optim.SGD([w], lr=0.1)
    w.sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.tolist() == [0.0, 0.0]
    optimizer.zero_grad()
    assert w.grad is None
    before = w.tolist()
    optimizer.step()
    assert w.tolist() == before


def test_a_step_keeps_the_parameters_memory_and_counts_as_a_write(bl):
    params = parameters(bl)
    views = [p.detach() for p in params]
    optimizer = bl.optim.Adam(params, lr=0.1)
    weight = params[0]
    y = (weight * weight).sum()
    give_gradients(bl, params, 0)
    optimizer.step()
    for p, view in zip(params, views):
        assert p.detach().tolist() == view.tolist()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


@pytest.mark.parametrize(
    "change",
    [
        lambda bl, o, p: o.state.clear(),
        lambda bl, o, p: o.state.pop(p[0]),
        lambda bl, o, p: o.state[p[1]].clear(),
        lambda bl, o, p: o.state[p[1]].update(exp_avg=bl.ones(4, dtype=bl.float64)),
        lambda bl, o, p: o.state[p[0]]["exp_avg"].zero_(),
        lambda bl, o, p: setattr(p[0], "data", bl.zeros(4, 3, dtype=bl.float64)),
        lambda bl, o, p: setattr(p[1], "grad", None),
    ],
)
def test_what_users_do_to_state_between_steps_counts(change, torch, bl):
    found = []
    for t in (torch, bl):
        params = parameters(t)
        optimizer = t.optim.Adam(params, lr=0.1)
        for step in range(5):
            give_gradients(t, params, step)
            if step == 2:
                change(t, optimizer, params)
            optimizer.step()
        found.append(params)
    compare(found[1], found[0])


def test_a_parameter_cast_to_another_dtype_is_updated_in_it(bl):
    params = parameters(bl, "float32")
    optimizer = bl.optim.SGD(params, lr=0.1)
    for dtype in (bl.float32, bl.float64):
        for p in params:
            p.data = p.data.to(dtype)
        give_gradients(bl, params, 0)
        optimizer.step()
        assert all(p.dtype is dtype for p in params)


def test_parameters_that_are_views_or_transposed_are_written_in_place(bl):
    base = bl.arange(12.0).reshape(3, 4)
    first, second = bl.nn.Parameter(base.t()), bl.nn.Parameter(bl.zeros(2))
    optimizer = bl.optim.SGD([first, second], lr=1.0)
    first.grad, second.grad = bl.ones(4, 3), bl.ones(2)
    optimizer.step()
    assert base.tolist() == (bl.arange(12.0).reshape(3, 4) - 1).tolist()


def test_a_deep_copy_goes_its_own_way(bl):
    params = parameters(bl, shapes=[(2,), (3,)])
    optimizer = bl.optim.Adam(params, lr=0.1)
    give_gradients(bl, params, 0)
    optimizer.step()
    both = copy.deepcopy({"params": params, "optimizer": optimizer})
    before = both["params"][0].tolist()
    give_gradients(bl, params, 1)
    optimizer.step()
    assert both["params"][0].tolist() == before
    give_gradients(bl, both["params"], 1)
    both["optimizer"].step()
    assert both["params"][0].tolist() == params[0].tolist()


ERRORS = {
    "lr": lambda t, p: t.optim.SGD(p, lr=-1.0),
    "momentum": lambda t, p: t.optim.SGD(p, lr=0.1, momentum=-1.0),
    "nesterov": lambda t, p: t.optim.SGD(p, lr=0.1, nesterov=True),
    "decay": lambda t, p: t.optim.AdamW(p, weight_decay=-1),
    "betas": lambda t, p: t.optim.Adam(p, betas=(1.0, 0.9)),
    "betas_1": lambda t, p: t.optim.Adam(p, betas=(0.9, -0.1)),
    "eps": lambda t, p: t.optim.Adam(p, eps=-1e-3),
    "alpha": lambda t, p: t.optim.RMSprop(p, alpha=-1.0),
    "lr_decay": lambda t, p: t.optim.Adagrad(p, lr_decay=-1.0),
    "empty": lambda t, p: t.optim.SGD([], lr=0.1),
    "a_tensor": lambda t, p: t.optim.SGD(p[0].detach(), lr=0.1),
    "numbers": lambda t, p: t.optim.SGD([1, 2], lr=0.1),
    "non_leaf": lambda t, p: t.optim.SGD([p[0] * 2], lr=0.1),
    "a_set": lambda t, p: t.optim.SGD([{"params": set(p)}], lr=0.1),
    "twice": lambda t, p: t.optim.SGD([{"params": p}, {"params": p[:1]}], lr=0.1),
    "group": lambda t, p: t.optim.SGD(p, lr=0.1).add_param_group(p),
    "groups_saved": lambda t, p: t.optim.SGD(p, lr=0.1).load_state_dict(
        {"state": {}, "param_groups": []}
    ),
    "sizes_saved": lambda t, p: t.optim.SGD(p, lr=0.1).load_state_dict(
        t.optim.SGD(p[:1], lr=0.1).state_dict()
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_say_what_pytorch_says(name, torch, bl):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        ERRORS[name](torch, parameters(torch))
    with pytest.raises(theirs.type) as ours:
        ERRORS[name](bl, parameters(bl))
    assert str(ours.value).replace("backlight", "torch") == str(theirs.value)


def test_an_optimiser_of_the_users_own(bl):
    class Sign(bl.optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        @bl.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.add_(p.grad.sign(), alpha=-group["lr"])

    w = bl.nn.Parameter(bl.tensor([1.0, -1.0]))
    optimizer = Sign([w], 0.5)
    (w * w).sum().backward()
    optimizer.step()
    assert w.tolist() == [0.5, -0.5]


def test_hooks_run_around_a_step(bl):
    seen = []
    w = bl.nn.Parameter(bl.ones(1))
    optimizer = bl.optim.SGD([w], lr=1.0)
    optimizer.register_step_pre_hook(lambda o, a, k: seen.append(("before", w.item())))
    handle = optimizer.register_step_post_hook(lambda o, a, k: seen.append(("after", w.item())))
    w.sum().backward()
    optimizer.step()
    handle.remove()
    optimizer.step()
    assert seen == [("before", 1.0), ("after", 0.0), ("before", 0.0)]


def test_a_listener_hears_of_optimisers(bl):
    from backlight.observe import tap

    heard = []

    class Ears(tap.Listener):
        def optimizer_created(self, optimizer):
            heard.append(("created", type(optimizer).__name__))

        def optimizer_step_begin(self, optimizer):
            heard.append(("begin", w.item()))

        def optimizer_step_end(self, optimizer):
            heard.append(("end", w.item()))

    class Mine(bl.optim.SGD):
        def step(self, closure=None):
            return super().step(closure)

    w = bl.nn.Parameter(bl.ones(1))
    tap.attach(Ears())
    try:
        for cls in (bl.optim.SGD, bl.optim.Adagrad, Mine):
            optimizer = cls([w], lr=1.0)
        w.grad = bl.ones(1)
        optimizer.step()
    finally:
        tap.detach()
    assert heard == [
        ("created", "SGD"), ("created", "Adagrad"), ("created", "Mine"),
        ("begin", 1.0), ("end", 0.0),
    ]  # fmt: skip


# Schedulers -----------------------------------------------------------------------------------

SCHEDULERS = {
    "StepLR": lambda s, o: s.StepLR(o, step_size=3, gamma=0.5),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, milestones=[2, 5, 5], gamma=0.3),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, gamma=0.9),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, T_max=4, eta_min=0.01),
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda epoch: 1 / (epoch + 1)),
    "LambdaLR_list": lambda s, o: s.LambdaLR(o, [lambda e: 0.5**e, lambda e: 1.0]),
    "LinearLR": lambda s, o: s.LinearLR(o, start_factor=0.25, total_iters=4),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda epoch: 0.9),
    "ConstantLR": lambda s, o: s.ConstantLR(o, factor=0.5, total_iters=3),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, total_iters=8, power=2.0),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.1, [0.5, 0.9], step_size_up=3),
    "CyclicLR triangular2": lambda s, o: s.CyclicLR(
        o, 0.1, 0.5, step_size_up=2, step_size_down=3, mode="triangular2"
    ),
    "CyclicLR exp_range": lambda s, o: s.CyclicLR(
        o, 0.1, 0.5, step_size_up=3, mode="exp_range", gamma=0.9, cycle_momentum=False
    ),
    "CyclicLR own": lambda s, o: s.CyclicLR(o, 0.1, 0.5, step_size_up=3, scale_fn=lambda x: 1 / x),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, max_lr=1.0, total_steps=13),
    "OneCycleLR linear": lambda s, o: s.OneCycleLR(
        o,
        max_lr=[1.0, 2.0],
        epochs=4,
        steps_per_epoch=5,
        anneal_strategy="linear",
        three_phase=True,
    ),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, T_0=3),
    "CosineAnnealingWarmRestarts longer": lambda s, o: s.CosineAnnealingWarmRestarts(
        o, T_0=2, T_mult=2, eta_min=0.01
    ),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o,
        [s.LinearLR(o, 0.1, total_iters=3), s.CosineAnnealingLR(o, T_max=5), s.StepLR(o, 2)],
        milestones=[3, 8],
    ),
    "SWALR": lambda s, o: schedulers_of(s, "swa_utils").SWALR(o, swa_lr=0.05, anneal_epochs=5),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler(
        [s.ConstantLR(o, 0.1, total_iters=2), s.ExponentialLR(o, gamma=0.9)]
    ),
}


def schedulers_of(module, name):
    """Another module beside `lr_scheduler`."""
    return getattr(sys.modules[module.__name__.rpartition(".")[0]], name)


def two_groups(t):
    params = parameters(t, shapes=[(2,), (3,)])
    groups = [{"params": params[0]}, {"params": params[1], "lr": 0.4}]
    return t.optim.SGD(groups, lr=0.8, momentum=0.5)


@pytest.mark.parametrize("name", SCHEDULERS)
def test_schedules_equal_pytorchs(name, torch, bl):
    rates = []
    for t in (torch, bl):
        optimizer = two_groups(t)
        scheduler = SCHEDULERS[name](t.optim.lr_scheduler, optimizer)
        seen = [scheduler.get_last_lr() * 2]
        for _ in range(12):
            optimizer.step()
            scheduler.step()
            assert scheduler.get_last_lr() == [group["lr"] for group in optimizer.param_groups]
            seen.append([group[k] for group in optimizer.param_groups for k in ("lr", "momentum")])
        rates.append(seen)
    np.testing.assert_allclose(rates[1], rates[0], rtol=1e-12)


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_saved_schedule_goes_on(name, bl):
    optimizer, again = two_groups(bl), two_groups(bl)
    scheduler = SCHEDULERS[name](bl.optim.lr_scheduler, optimizer)
    for _ in range(4):
        optimizer.step()
        scheduler.step()
    resumed = SCHEDULERS[name](bl.optim.lr_scheduler, again)
    again.load_state_dict(optimizer.state_dict())
    resumed.load_state_dict(scheduler.state_dict())
    for _ in range(4):
        for o, s in ((optimizer, scheduler), (again, resumed)):
            o.step()
            s.step()
        assert [g["lr"] for g in again.param_groups] == [g["lr"] for g in optimizer.param_groups]


PLATEAUS = {
    "default": {"patience": 1},
    "max": {"patience": 0, "mode": "max", "factor": 0.5},
    "absolute": {"patience": 1, "threshold": 0.1, "threshold_mode": "abs", "cooldown": 2},
    "least": {"patience": 0, "min_lr": [0.05, 0.2], "eps": 0.01},
}


@pytest.mark.parametrize("name", PLATEAUS)
def test_plateaus_equal_pytorchs(name, torch, bl):
    measures = [1.0, 0.9, 0.95, 0.89, 0.9, 0.91, 0.92, 0.93, 0.2, 0.3, 0.3, 0.3, 0.3, 0.3]
    rates = []
    for t in (torch, bl):
        optimizer = two_groups(t)
        scheduler = t.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **PLATEAUS[name])
        seen = []
        for measure in measures:
            scheduler.step(t.tensor(measure))
            seen.append(scheduler.get_last_lr())
        rates.append(seen)
    np.testing.assert_allclose(rates[1], rates[0], rtol=1e-12)


def test_a_scheduler_before_the_optimiser_warns(bl):
    scheduler = bl.optim.lr_scheduler.StepLR(two_groups(bl), 1)
    with pytest.warns(UserWarning, match=r"before `optimizer\.step\(\)`"):
        scheduler.step()


@pytest.mark.parametrize("place", ["optim", "optim.lr_scheduler"])
def test_missing_names_say_so(place, bl):
    module = bl.optim if place == "optim" else bl.optim.lr_scheduler
    with pytest.raises(NotImplementedError, match=rf"torch\.{place}\.(Lion|CosineLR)"):
        getattr(module, "Lion" if place == "optim" else "CosineLR")
