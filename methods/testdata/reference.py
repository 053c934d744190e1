"""Writes reference.json: what scikit-learn computes for the cases of sklearn_test.go.

Run with Debian's python3-sklearn: python3 reference.py > reference.json
The texts are ours. Objectives are divided by the sum of the weights, as in
linear.go: mean loss + |W|^2 / (2 C S).
"""
import json

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

TEXTS = [
    "The tenant shall pay the rent before noon.",
    "The landlord may not enter without notice; notice is a letter.",
    "A dose of 20 mg was given, and a dose of 40 mg after noon.",
    "No fever, no cough: the patient left before noon",
    "Élodie's café shall pay the tenant the tenant",
    "",
    "a b_c a b_c a",
    "the patient may pay",
    "The notice was given to the tenant before the patient left",
    "fever and cough after the dose",
    "the court shall not enter a letter without notice",
    "20 mg, 20 mg, 20 mg",
]
CLASSES = [0, 0, 1, 1, 0, 2, 2, 1, 0, 1, 0, 2]
BINARY = [0, 0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 1]
VALUES = [1.5, 2.0, -3.0, 4.25, 0.5, 7.0, -1.0, 2.5, 3.5, 0.0, 1.0, 9.0]
WEIGHTS = [1.0, 2.0, 0.5]


def softmax_objective(W, b, X, y, s, C):
    z = X @ W + b
    z = z - z.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return float(-(s * logp[np.arange(len(y)), y]).sum() / s.sum() + (W**2).sum() / (2 * C * s.sum()))


def logistic_objective(w, b, X, y, s, C):
    z = X @ w + b
    return float((s * (np.logaddexp(0, z) - y * z)).sum() / s.sum() + (w**2).sum() / (2 * C * s.sum()))


def ridge_objective(w, b, X, y, C):
    r = X @ w + b - y
    return float((r**2).sum() / 2 / len(y) + (w**2).sum() / (2 * C * len(y)))


def cases(X, strengths):
    y3, y2, v = np.array(CLASSES), np.array(BINARY), np.array(VALUES)
    v = (v - v.mean()) / v.std()
    out = []
    for C in strengths:
        kw = dict(C=C, tol=1e-12, max_iter=100000, solver="lbfgs")
        m = LogisticRegression(multi_class="multinomial", **kw).fit(X, y3)
        one = np.ones(len(y3))
        out.append(dict(kind="multinomial", c=C, objective=softmax_objective(m.coef_.T, m.intercept_, X, y3, one, C), scores=m.predict_proba(X).tolist()))
        s = np.array(WEIGHTS)[y3]
        m = LogisticRegression(multi_class="multinomial", **kw).fit(X, y3, sample_weight=s)
        out.append(dict(kind="weighted", c=C, objective=softmax_objective(m.coef_.T, m.intercept_, X, y3, s, C), scores=m.predict_proba(X).tolist()))
        m = LogisticRegression(**kw).fit(X, y2)
        out.append(dict(kind="binary", c=C, objective=logistic_objective(m.coef_[0], m.intercept_[0], X, y2, one, C), scores=m.predict_proba(X).tolist()))
        m = Ridge(alpha=1 / C, tol=1e-14).fit(X, v)
        raw = m.predict(X) * np.std(VALUES) + np.mean(VALUES)
        out.append(dict(kind="ridge", c=C, objective=ridge_objective(m.coef_, m.intercept_, X, v, C), scores=raw[:, None].tolist()))
    return out


vec = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
X = vec.fit_transform(TEXTS).toarray()
rng = np.random.default_rng(7)
F = rng.normal(size=(12, 3)) @ rng.normal(size=(3, 5)) * 3 + 0.1 * rng.normal(size=(12, 5)) + [5, 0, -2, 1, 100]
F = F.astype(np.float32)
Z = F.astype(np.float64)
Z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
print(json.dumps(dict(
    texts=TEXTS, classes=CLASSES, binary=BINARY, values=VALUES, weights=WEIGHTS,
    terms=sorted(vec.vocabulary_, key=vec.vocabulary_.get), tfidf=X.tolist(), text_cases=cases(X, [0.1, 1, 100]),
    features=F.tolist(), standardised=Z.tolist(), feature_cases=cases(Z, [0.01, 1, 100]),
)))
