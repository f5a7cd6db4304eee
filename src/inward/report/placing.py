"""Where a box in a picture lies in the image that the network got."""


def on_input(box: tuple[int, ...], size: tuple[int, ...], h: int, w: int) -> tuple[float, float, float, float]:
    """A box in pixels of the whole image as the network got it: centre-cropped, then resized.

    Args:
        box: left, top, width, height in the picture's pixels.
        size: the picture's width and height.
        h, w: the input's.

    Returns:
        left, top, width, height in the input's pixels; empty where the box lies in what was cut off.
    """
    width, height = size
    kept = min(width / w, height / h)
    left, top = (width - kept * w) / 2, (height - kept * h) / 2
    x, y, across, down = box
    x0, y0 = max(0.0, (x - left) / kept), max(0.0, (y - top) / kept)
    x1, y1 = min(float(w), (x + across - left) / kept), min(float(h), (y + down - top) / kept)
    return x0, y0, max(x1 - x0, 0.0), max(y1 - y0, 0.0)
