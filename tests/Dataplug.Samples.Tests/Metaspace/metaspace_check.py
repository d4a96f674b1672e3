"""An independent reckoning of what samples/Metaspace computes, by brute force and in plain Python.

Reads one JSON object from the standard input, and writes one to the standard output:
  {"task": "isotopes", "atoms": {"C": 6, ...}, "charge": 1, "analyser": "Orbitrap", "power": 140000, "peaks": 4}
  {"task": "msm", "width": 3, "height": 2, "mask": [true, ...], "images": [[0.0, ...], ...], "intensities": [1.0, ...], "levels": 30}
  {"task": "fdr", "targets": [0.9, ...], "decoys": [0.1, ...], "ratio": 20, "succession": true}
"""
import bisect
import json
import math
import sys

# NIST, Atomic Weights and Isotopic Compositions: mass in dalton, share of the atoms.
ISOTOPES = {
    "H": [(1.00782503223, 0.999885), (2.01410177812, 0.000115)],
    "C": [(12.0, 0.9893), (13.00335483507, 0.0107)],
    "N": [(14.00307400443, 0.99636), (15.00010889888, 0.00364)],
    "O": [(15.99491461957, 0.99757), (16.99913175650, 0.00038), (17.99915961286, 0.00205)],
    "Na": [(22.9897692820, 1.0)],
    "P": [(30.97376199842, 1.0)],
    "S": [(31.9720711744, 0.9499), (32.9714589098, 0.0075), (33.967867004, 0.0425), (35.96708071, 0.0001)],
    "Cl": [(34.968852682, 0.7576), (36.965902602, 0.2424)],
    "K": [(38.9637064864, 0.932581), (39.963998166, 0.000117), (40.9618252579, 0.067302)],
    "Br": [(78.9183376, 0.5069), (80.9162897, 0.4931)],
    "Sn": [(111.90482387, 0.0097), (113.9027827, 0.0066), (114.903344699, 0.0034), (115.90174280, 0.1454), (116.90295398, 0.0768),
           (117.90160657, 0.2422), (118.90331117, 0.0859), (119.90220163, 0.3258), (121.9034438, 0.0463), (123.9052766, 0.0579)],
}
ELECTRON = 0.000548579909065


def isotopes(task):
    # Atom by atom; masses that agree to a tenth of a microdalton are the same combination of isotopes.
    lines = {0: (0.0, 1.0)}
    for symbol, count in task["atoms"].items():
        for _ in range(count):
            longer = {}
            for mass, probability in lines.values():
                for isotope, share in ISOTOPES[symbol]:
                    key = round((mass + isotope) * 1e7)
                    known = longer.get(key, (mass + isotope, 0.0))
                    longer[key] = (known[0], known[1] + probability * share)
            lines = {key: line for key, line in longer.items() if line[1] > 1e-12}

    charge = task["charge"]
    lines = sorted(((mass - charge * ELECTRON) / abs(charge), probability) for mass, probability in lines.values())
    fall = {"Tof": 0.0, "Orbitrap": 0.5, "Fticr": 1.0}[task["analyser"]]

    def width(mz):
        return mz / (task["power"] * (200.0 / mz) ** fall)

    def profile(mz):
        # Beyond five widths a Gaussian is below 1e-30 of its height.
        near = lines[bisect.bisect(lines, (mz - 5 * width(mz),)):bisect.bisect(lines, (mz + 5 * width(mz),))]
        return sum(p * math.exp(-4 * math.log(2) * ((mz - line) / width(line)) ** 2) for line, p in near)

    # The profile on a fine grid wherever there are lines, and each maximum narrowed down by thirds.
    peaks = []
    step = width(lines[0][0]) / 16
    at, end, line = lines[0][0] - 20 * step, lines[-1][0] + 20 * step, 0
    heights = []
    while at <= end:
        while line < len(lines) and lines[line][0] < at - 32 * step:
            line += 1
        if line < len(lines) and lines[line][0] > at + 32 * step:
            at = lines[line][0] - 32 * step
            heights = []
        heights.append((profile(at), at))
        if len(heights) >= 3 and heights[-2][0] > heights[-3][0] and heights[-2][0] >= heights[-1][0]:
            low, high = heights[-3][1], heights[-1][1]
            for _ in range(50):
                one, two = low + (high - low) / 3, high - (high - low) / 3
                if profile(one) < profile(two):
                    low = one
                else:
                    high = two
            peaks.append(((low + high) / 2, profile((low + high) / 2)))
        at += step

    highest = max(height for _, height in peaks)
    peaks = [peak for peak in peaks if peak[1] >= 1e-4 * highest]
    peaks = sorted(sorted(peaks, key=lambda peak: -peak[1])[: task["peaks"]])
    return {"mzs": [mz for mz, _ in peaks], "intensities": [height / highest for _, height in peaks]}


def percentile(values, percent):
    values = sorted(values)
    rank = (len(values) - 1) * percent / 100
    low = math.floor(rank)
    return values[low] + (values[min(low + 1, len(values) - 1)] - values[low]) * (rank - low)


def chaos(image, width, height, levels):
    lit = sum(value > 0 for value in image)
    if lit == 0:
        return 0.0
    pixels = [(x, y) for y in range(height) for x in range(width)]
    four = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    eight = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    total = 0
    for level in range(levels):
        above = {(x, y) for x, y in pixels if image[y * width + x] > max(image) * level / levels}
        dilated = {(x, y) for x, y in pixels if any((x + dx, y + dy) in above for dx, dy in four)}
        left = {(x, y) for x, y in pixels
                if all((x + dx, y + dy) in dilated or not (0 <= x + dx < width and 0 <= y + dy < height) for dx, dy in eight)}
        while left:
            total += 1
            border = [left.pop()]
            while border:
                x, y = border.pop()
                for dx, dy in four:
                    if (x + dx, y + dy) in left:
                        left.remove((x + dx, y + dy))
                        border.append((x + dx, y + dy))
    return 0.0 if total == 0 else 1 - total / levels / lit


def pearson(one, other):
    a, b = sum(one) / len(one), sum(other) / len(other)
    both = sum((x - a) * (y - b) for x, y in zip(one, other))
    squares = sum((x - a) ** 2 for x in one) * sum((y - b) ** 2 for y in other)
    return both / math.sqrt(squares) if squares > 0 else 0.0


def msm(task):
    mask, intensities = task["mask"], task["intensities"]
    clipped = []
    for image in task["images"]:
        ceiling = percentile([value for value, there in zip(image, mask) if there], 99)
        clipped.append([min(value, ceiling) if there else 0.0 for value, there in zip(image, mask)])
    measured = [[value for value, there in zip(image, mask) if there] for image in clipped]

    totals = [sum(value for value, first in zip(image, measured[0]) if first > 0) for image in measured]
    norm = lambda vector: math.sqrt(sum(value * value for value in vector))
    spectral = 1 - sum(abs(t / norm(intensities) - o / norm(totals)) for t, o in zip(intensities, totals)) / len(totals) if norm(totals) > 0 else 0.0
    weighted = sum(w * pearson(measured[0], image) for w, image in zip(intensities[1:], measured[1:])) / sum(intensities[1:])
    return {
        "chaos": chaos(clipped[0], task["width"], task["height"], task["levels"]),
        "spatial": min(max(weighted, 0.0), 1.0),
        "spectral": spectral,
    }


def fdr(task):
    more = 1 if task["succession"] else 0
    targets, decoys = [t for t in task["targets"] if t > 0], [d for d in task["decoys"] if d > 0]

    def rate(score):
        return (sum(d >= score for d in decoys) + more) / task["ratio"] / (sum(t >= score for t in targets) + more)

    return {"rates": [min([1.0] + [rate(lower) for lower in targets if lower <= score]) if score > 0 else 1.0 for score in task["targets"]]}


task = json.load(sys.stdin)
json.dump({"isotopes": isotopes, "msm": msm, "fdr": fdr}[task["task"]](task), sys.stdout)
