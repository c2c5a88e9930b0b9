"""Samples of what slides a window over an image or a signal, and of norms by channel."""

from __future__ import annotations

from typing import Any

IMAGE = (2, 4, 5, 4)
SIGNAL = (2, 4, 6)


def _functional(name: str, *args: Any, **kwargs: Any) -> Any:
    """A function of `torch.nn.functional` over the inputs; of a pair the first."""

    def call(t: Any, *inputs: Any) -> Any:
        found = getattr(t.nn.functional, name)(*inputs, *args, **kwargs)
        return found[0] if isinstance(found, tuple) else found

    return call


#: By name: function, shapes of the inputs.
SPATIAL: dict[str, tuple[Any, tuple[tuple[int, ...], ...]]] = {
    "conv1d": (_functional("conv1d"), (SIGNAL, (3, 4, 2), (3,))),
    "conv2d": (_functional("conv2d"), (IMAGE, (3, 4, 2, 3), (3,))),
    "conv2d_options": (
        _functional("conv2d", None, 2, 1, (1, 2), 2),
        (IMAGE, (4, 2, 2, 2)),
    ),
    "conv2d_same": (_functional("conv2d", padding="same"), ((1, 2, 4, 4), (2, 2, 3, 3))),
    "conv3d": (_functional("conv3d"), ((1, 2, 3, 3, 3), (2, 2, 2, 2, 2), (2,))),
    "conv_transpose1d": (_functional("conv_transpose1d"), (SIGNAL, (4, 3, 2), (3,))),
    "conv_transpose2d": (
        _functional("conv_transpose2d", stride=2, padding=1, output_padding=1, groups=2),
        ((2, 4, 3, 2), (4, 1, 2, 3), (2,)),
    ),
    "conv_transpose3d": (_functional("conv_transpose3d"), ((1, 2, 2, 2, 2), (2, 2, 2, 2, 2), (2,))),
    "max_pool1d": (_functional("max_pool1d", 2), (SIGNAL,)),
    "max_pool2d": (_functional("max_pool2d", 3, 2, 1, ceil_mode=True), (IMAGE,)),
    "max_pool3d": (_functional("max_pool3d", 2), ((1, 1, 3, 4, 2),)),
    "avg_pool1d": (_functional("avg_pool1d", 2), (SIGNAL,)),
    "avg_pool2d": (_functional("avg_pool2d", 3, 2, 1, True, False), (IMAGE,)),
    "avg_pool3d": (_functional("avg_pool3d", 2), ((1, 1, 3, 4, 2),)),
    "adaptive_avg_pool2d": (_functional("adaptive_avg_pool2d", (3, 2)), (IMAGE,)),
    "adaptive_max_pool2d": (_functional("adaptive_max_pool2d", (3, 2)), (IMAGE,)),
    "lp_pool2d": (_functional("lp_pool2d", 3, 2), (IMAGE,)),
    "pad": (_functional("pad", (1, -1, 2, 0), value=3.0), (IMAGE,)),
    "pad_reflect": (_functional("pad", (1, 2, 2, 0), "reflect"), (IMAGE,)),
    "interpolate": (_functional("interpolate", (7, 3), mode="bilinear"), (IMAGE,)),
    "unfold": (_functional("unfold", 2), (IMAGE,)),
    "pixel_shuffle": (_functional("pixel_shuffle", 2), (IMAGE,)),
    "batch_norm": (
        lambda t, x, w, b: t.nn.functional.batch_norm(x, None, None, w, b, True),
        (SIGNAL, (4,), (4,)),
    ),
    "batch_norm_fixed": (
        lambda t, x, w, b: t.nn.functional.batch_norm(
            x, t.ones(4, dtype=x.dtype), t.full((4,), 2.0, dtype=x.dtype), w, b
        ),
        (SIGNAL, (4,), (4,)),
    ),
    "group_norm": (
        lambda t, x, w, b: t.nn.functional.group_norm(x, 2, w, b), (SIGNAL, (4,), (4,))
    ),
    "instance_norm": (_functional("instance_norm"), (SIGNAL,)),
    "attention": (
        _functional("scaled_dot_product_attention"), ((2, 3, 4), (2, 5, 4), (2, 5, 2))
    ),
}  # fmt: skip
