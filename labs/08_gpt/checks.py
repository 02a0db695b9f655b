"""Judges of lab 8: what the hidden cells print, against values that never enter a kernel.

NumPy only. The letters that follow the 300 pieces of the last act stand here and nowhere else.
"""

from importlib.resources import files

import numpy as np

from lmlab.labs import holds, if_written, near, variant

LAB = "08_gpt"
ALPHABET = "\n abcdefghijklmnopqrstuvwxyz.,;:!?'-"
PLAY = files("lmlab.labs.public").joinpath("lab_08_gpt.txt").read_text(encoding="utf-8")
NEXT = """
twilmt_osneyoan_/lh_eeo_ahmh_sataa_eeeaaoqd_w/!era_s_assiar.reaes_nttmi_hhe
awfslpei,fd.hw__edl_enaeoo_et._oedrs_e.tiirt_dht_syuesbhun_-ee__-tadltries_
crttu?ni?ea_.hsaukd.lrshgspdsst.itiante?ehbiet_el_leusstu_e._bhtaee's'hyvb_
tlsrs,g_rrrpr__sha_oolmeean_tedb___bail_oiee_nmdlit__oelo_baaa_e_o_j-a/yi_e
"""  # / is a new line, _ a space

LAST = """
n_na__dhnaltlcao?usllhfyp_r_gues_eadmtdb-_/f_/deelswnhd__see/b_h_me_so_s_tl
/_oe__mrhoasw_ees_snta/shf,reyslb_dstimilr_adot_hihohe_wbue-woftelmrinareig
tfanota_dh_htc/pj_nsste_uimn'iaerrel-ahesw_rg_rdan_cseuofhdet_t_brflmhtto/d
-inr_rnsewelgsh_g_frtloth_adar_/no:_st_nrhthoo_'uheedyh_le_/wmrhtpo_?_,_wer
"""  # / is a new line, _ a space


def encode(text):
    return np.array([ALPHABET.index(letter) for letter in text])


def following():
    """The letters (300,) that follow the pieces of the last act in the hidden cell."""
    return encode(NEXT.replace("\n", "").replace("/", "\n").replace("_", " "))


def own_text(student):
    """As in the notebook."""
    start = variant(LAB, student).integers(0, len(PLAY) - 60_000)
    return PLAY[start : start + 60_000]


def own_numbers(student):
    """As in the notebook."""
    rng = variant(LAB + " by hand", student)
    return {
        "q": rng.integers(0, 4, (3, 2)),
        "k": rng.integers(0, 4, (3, 2)),
        "v": rng.integers(-9, 10, (3, 2)),
        "position": int(rng.integers(20, 200)),
        "column": int(rng.integers(2, 4)),
        "logits": rng.integers(-20, 21, (3, 3)) / 10,
        "tokens": rng.integers(0, 3, 3),
        "four": rng.permutation(np.arange(-12, 21)[rng.choice(33, 4, replace=False)]) / 10,
    }


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def attention(q, k, v, mask, scale=True):
    """The output and the weights."""
    scores = q @ np.swapaxes(k, -1, -2) / (np.sqrt(q.shape[-1]) if scale else 1)
    weights = softmax(np.where(mask, scores, -np.inf))
    return weights @ v, weights


def positions(length, width):
    angle = np.arange(length)[:, None] / 10000 ** (np.arange(0, width, 2) / width)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(length, width)


def nll(logits, tokens):
    """Mean of −log probability of each next token; logits (B, T, V), tokens (B, T)."""
    probs = np.take_along_axis(softmax(logits[:, :-1]), tokens[:, 1:, None], axis=2)
    return -np.mean(np.log(probs))


def distribution(logits, temperature=1.0, top_k=None):
    kept = logits if top_k is None else np.where(logits >= np.sort(logits)[-top_k], logits, -np.inf)
    return softmax(kept / temperature)


def choose(logits, noise, temperature=1.0, top_k=None):
    if temperature == 0:
        return int(np.argmax(logits))
    return int(np.argmax(np.cumsum(distribution(logits, temperature, top_k)) > noise))


def by_hand(student):
    """What a student computes by hand, by name."""
    n = own_numbers(student)
    output, weights = attention(n["q"], n["k"], n["v"], np.tri(3, dtype=bool))
    return {
        "my_weight": weights[2, 0],
        "my_output": output[2, 0],
        "my_code": positions(n["position"] + 1, 8)[n["position"], n["column"]],
        "my_nll": nll(n["logits"][None], n["tokens"][None]),
        "my_top": distribution(n["four"], 0.5, 3).max(),
    }


def own(name, received, student, source, *, worth=1):
    """A number for the student's own data, written in digits: a copied one is another's."""
    hint, label = "is it the number for your id, with four decimals?", f"{name} for your numbers"
    check = near(label, received, by_hand(student)[name], tol=6e-4, hint=hint, worth=worth)
    return if_written(source, name, check)


def task_1(out):
    hint = "rows look, columns are looked at"
    return [
        near(f"{text} tokens", out[key], np.tri(size), hint=hint, worth=worth)
        for key, text, size, worth in (
            ("one", "1", 1, 1),
            ("three", "3", 3, 2),
            ("seven", "7", 7, 2),
        )
    ]


def task_2(out, student, source):
    q, k, v = np.random.default_rng(2).normal(size=(3, 2, 2, 5, 8)).astype("float32")
    every, causal = np.ones((5, 5), bool), np.tri(5, dtype=bool)
    n = own_numbers(student)
    mine = attention(n["q"], n["k"], n["v"], np.tri(3, dtype=bool))[0]
    wanted = attention(q, k, v, every)[0]
    unscaled = attention(q, k, v, every, scale=False)[0]
    is_unscaled = near("", out["open"], unscaled, tol=1e-4).ok
    hint = "the scores are not divided by √d" if is_unscaled else "softmax over the last axis"
    leak = _array(out["leak"], (2, 8))
    is_tight = leak is not None and np.array_equal(leak[0], leak[1])
    masked = attention(q, k, v, causal)[0]
    return [
        near("two texts, two heads, no mask", out["open"], wanted, tol=1e-4, hint=hint),
        near("with the causal mask", out["causal"], masked, tol=1e-4, hint=hint),
        near("your own numbers", out["own"], mine, tol=1e-4, hint=hint),
        holds("later tokens move nothing", is_tight, hint="weights of exactly 0: a lower score"),
        own("my_weight", out["weight"], student, source, worth=2),
        own("my_output", out["output"], student, source, worth=2),
    ]


def task_3(out, student, source):
    cases = {
        "small": ("three places, width 4", positions(3, 4)),
        "long": ("200 places, width 8", positions(200, 8)[::40]),
        "wide": ("width 64", positions(5, 64)[4]),
        "two": ("width 2", positions(6, 2)),
    }
    hint = "sine and cosine side by side, one length of wave for each pair"
    return [
        *(near(text, out[key], wanted, tol=1e-4, hint=hint)
          for key, (text, wanted) in cases.items()),
        own("my_code", out["mine"], student, source, worth=2),
    ]  # fmt: skip


def task_4(out, student, source):
    rng = np.random.default_rng(4)
    logits, tokens = rng.normal(size=(3, 6, 5)).astype("float32"), rng.integers(0, 5, (3, 6))
    wanted = nll(logits, tokens)
    same = -np.mean(np.log(np.take_along_axis(softmax(logits), tokens[:, :, None], axis=2)))
    hint = "the logits of place t are judged by the token at t + 1"
    if near("", out["mixed"], same, tol=1e-4).ok:
        hint = "it is judged by the token at the same place: shift by one"
    elif near("", out["mixed"], 15 * wanted, tol=1e-4).ok:
        hint = "it is the sum, not the mean"
    return [
        near("even logits", out["even"], np.log(36), tol=1e-4, hint="log V"),
        near("three texts", out["mixed"], wanted, tol=1e-4, hint=hint),
        near("the last logits do not count", out["ends"], wanted, tol=1e-4, hint=hint),
        near("two letters", out["two"], nll(logits[:1, :2], tokens[:1, :2]), tol=1e-4, hint=hint),
        own("my_nll", out["mine"], student, source, worth=2),
    ]


def bigram_nll(student, before, after):
    """The loss of the table of pairs of the student's text, on single pairs of letters."""
    known, counts = encode(own_text(student)), np.full((36, 36), 0.1)
    np.add.at(counts, (known[:-1], known[1:]), 1)
    return -np.mean(np.log((counts / counts.sum(axis=1, keepdims=True))[before, after]))


def task_5(out, student):
    early, last, order = (_array(out[key]) for key in ("early", "last", "order"))
    is_tight = early is not None and early.shape == (2, 3, 36) and np.array_equal(*early)
    reads = last is not None and last.shape == (2, 36) and not np.array_equal(*last)
    knows = (
        order is not None and order.shape == (2, 36) and np.abs(order[0] - order[1]).max() > 1e-4
    )
    guesses = _array(out["guesses"], (300, 36))
    good = guesses is not None and np.isfinite(guesses).all()
    after = following()
    loss = -np.mean(np.log(softmax(guesses)[np.arange(300), after] + 1e-12)) if good else np.inf
    bar = bigram_nll(student, last_letters(), after)
    hint = f"loss {loss:.2f}" if good else "the model did not train, or its logits are not finite"
    return [
        near("the shape of the logits", out["shape"], [3, 20, 36], hint="(B, T, V)"),
        holds("it reads its input, and later letters move no earlier logit by any digit",
              is_tight and reads, hint="the mask must hide all that comes later", worth=2),
        holds("the order of earlier letters counts", knows, hint="where are the positions?"),
        holds("it guesses the last act better than pairs", loss < bar - 1e-6, hint=hint, worth=2),
    ]  # fmt: skip


def last_letters():
    """The last letters (300,) of the pieces of the last act in the hidden cell."""
    return encode(LAST.replace("\n", "").replace("/", "\n").replace("_", " "))


def task_6(out, student, source):
    logits, grid = np.array([0.3, 2.0, -1.0, 1.5, 0.0]), np.linspace(0.01, 0.99, 25)
    hot, both = {"temperature": 3.0}, {"temperature": 2.0, "top_k": 2}
    cases = {
        "plain": ("25 draws", {}, "the first token at which the sum exceeds the noise"),
        "hot": ("at the temperature 3", hot, "the logits are divided by the temperature"),
        "cold": ("at the temperature 0", {"temperature": 0}, "the likeliest token"),
        "three": ("of the three likeliest", {"top_k": 3}, "only the top_k largest stay"),
        "both": ("of two, at the temperature 2", both, "the probabilities add up to 1 again"),
    }
    return [
        *(near(text, out[key], [choose(logits, u, **options) for u in grid], hint=hint)
          for key, (text, options, hint) in cases.items()),
        near("writing: the likeliest, 8 times", out["greedy"], [4, 5, 6, 7, 8, 0, 1, 2, 3, 4]),
        near("writing with noise", out["drawn"], written([0], grid)),
        near("writing with options", out["few"], written([1, 2, 3], grid[::3], top_k=2),
             hint="options go to choose"),
        holds("the model sees (1, T), T at most the context",
              out["shapes"] == [[1, 4]] * 6, hint="the last tokens only"),
        own("my_top", out["mine"], student, source, worth=3),
    ]  # fmt: skip


def written(tokens, noise, **options):
    """What the model of the hidden cell leads to."""
    tokens = list(tokens)
    for number in noise:
        logits = 3.0 * np.eye(9)[(tokens[-1] + 1) % 9] + np.eye(9)[(tokens[-1] + 2) % 9]
        tokens.append(choose(logits, number, **options))
    return tokens


def _array(value, shape=None):
    """A printed list as an array, or None where it is none."""
    try:
        array = np.array(value, dtype="float64")
    except (TypeError, ValueError):
        return None
    return None if shape is not None and array.shape != shape else array
