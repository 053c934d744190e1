package markup

import "strings"

// Names and texts that data could hold and that must stay text wherever they
// are shown.
var (
	// HTML means something to a browser, or to a template.
	HTML = []string{
		`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `"><svg onload=alert(1)>`, `'><b>`, `</title><script>alert(1)</script>`,
		`</style><script>alert(1)</script>`, `</td></tr></table><h1>x`, `<iframe src="javascript:alert(1)">`, `<a href="javascript:alert(1)">x</a>`,
		`<details open ontoggle=alert(1)>`, `<math><mi xlink:href="data:x,<script>alert(1)</script>">`, `<svg><script>alert(1)</script></svg>`, `<!--`,
		`-->`, `<!-- --><script>`, `<![CDATA[x]]>`, `<?php echo 1 ?>`, `<!doctype html>`, `<base href="//evil.example">`,
		`<meta http-equiv=refresh content=0>`, `<link rel=stylesheet href=//evil.example>`, `<style>*{color:red}</style>`,
		`<input onfocus=alert(1) autofocus>`, `<form action=//evil.example>`, `<marquee onstart=alert(1)>`, `<video><source onerror=alert(1)>`,
		`<object data=x>`, `<embed src=x>`, `<body onload=alert(1)>`, `<x onclick=alert(1)>`, `&lt;script&gt;`, `&#60;script&#62;`, `&#x3c;script&#x3e;`,
		`&amp;lt;`, `&nbsp;`, `&copy`, `& `, `&`, `<`, `>`, `"`, `'`, "`", `{{.}}`, `${7*7}`, `{%raw%}`, `" onmouseover="alert(1)`,
		`' onmouseover='alert(1)`, `javascript:alert(1)`, `data:text/html,<script>alert(1)</script>`, `url(javascript:alert(1))`, `expression(alert(1))`,
		`<script src=/table.js></script>`, `</script><script>alert(1)</script>`, `</select><script>alert(1)</script>`, `</option><option selected>x`,
		`</code></a><a href=//evil.example>`, `<template><script>alert(1)</script></template>`,
		`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `]]>`, `<button formaction=javascript:alert(1)>`, `<a name=x id=comparison>`,
		`<input name=b>`, `=`, `/`, `\`, `{{template "cell"}}`, `%`, `%3Cscript%3E`, `%00`, `%s%n`, `" autofocus onfocus=alert(1) x="`, `x" checked x="`,
		`JaVaScRiPt:alert(1)`, `vbscript:x`, `//evil.example`, `https://evil.example`, `?id=x&r=y`, `a&b=c`, `a#b`, `a;b`, `a+b`, `a b`, `../../x`, `..`,
		`.`, `0:x`, `a:b`, `constructor`, `__proto__`, `null`, `NaN`, `1e999`, `-0`, `;alert(1)//`, `</table>`, `<td>`, `<tr`, `<th onclick=`,
	}

	// Markdown means something to a renderer of Markdown.
	Markdown = []string{
		`[x](javascript:alert(1))`, `[x](http://evil.example)`, `![x](http://evil.example/p.png)`, `[x][1]`, `[1]: http://evil.example`, `[^1]`,
		`[^1]: note`, `[x]`, `[ ]`, `- [x] done`, `<http://evil.example>`, `http://evil.example/?q=1`, `www.evil.example`, `WWW.EVIL.EXAMPLE`,
		`ftp://evil.example`, `mailto:a@evil.example`, `a@evil.example`, `a.b+c@evil.example`, `x http://evil.example y`, `|`, `a|b`, `a | b | c`, `\|`,
		`\\|`, "`|`", "a`|`b", `http://evil.example/a|b`, `| --- |`, "``", "`a", "a`b`c", "```", "~~~", "``` js", `~~gone~~`, `~x~`, `# heading`,
		`## heading`, `heading
===`, `heading
---`, `---`, `***`, `___`, `===`, `> quote`, `- item`, `* item`, `+ item`, `1. item`, `1) item`, `    code`,
		"\tcode", "a\n\nb", "a\r\n\r\n# b", "a  \nb", "a\\\nb", `*em*`, `**strong**`, `_em_`, `__strong__`, `a_b_c`, `_a`, `a_`, `*`, `**`, `***x***`, `\\`,
		`\*`, `$x^2$`, `$$x$$`, `:smile:`, `@user`, `#123`, `==mark==`, `H~2~O`, `x^2^`, `[84.9, 92.2](http://evil.example)`,
		`[84.9, 92.2]: http://evil.example`, `[1, 2][x]`, `[1, 2]`,
	}

	// Characters mean something to a terminal, to a reader's eye or to a header.
	Characters = []string{
		"a\x00b", "\x1b[31mred\x1b[0m", "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07", "\u202egnp.exe", "\u2066a\u2069", "\ufeff", "a\u200bb",
		"\xff\xfe", "\u2028", "\u2029", "\r", "\x7f", "\u0085", "名前", "é", "🙂", "=1+1", "@SUM(A1)", "\ufeffa", "a\xff\xfe", "a\u2028b", "a\u2029b", "a\rb",
		"a\r\nSet-Cookie: x=y", "a\u0085b", "\u00a0", strings.Repeat("long", 400),
	}
)
