package csctest

import "html/template"

const (
	consentTemplate = "consent"
	messageTemplate = "message"
	phoneTemplate   = "phone"
)

// pageTemplates parses the pages for people: rarely shown, so not kept.
func pageTemplates() *template.Template {
	return template.Must(template.New("pages").Parse(pagesHTML))
}

// The pages need no script and no pointer: labels, focus rings, one form.
const pagesHTML = `
{{define "head"}}<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}} · Demo Signing Service</title>
<style nonce="{{.Nonce}}">
:root{color-scheme:light dark;--ink:#1b2733;--soft:#5b6b7a;--line:#cfd8e0;--paper:#fff;--ground:#eef2f5;--accent:#14568a;--bad:#a4262c}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9fb0bf;--line:#3a4651;--paper:#1a222a;--ground:#10161c;--accent:#6db3ec;--bad:#ff9a9e}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,"DejaVu Sans",sans-serif}
main{width:100%;max-width:27rem;background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:2rem}
h1{font-size:1.35rem;line-height:1.25;margin:.25rem 0 1rem}
.brand{color:var(--soft);font-size:.85rem;margin:0}
label{display:block;font-weight:600;margin:1rem 0 .3rem}
input{width:100%;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:8px;padding:.6rem .7rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.row{display:flex;gap:.75rem;margin-top:1.5rem}
button{flex:1;font:inherit;font-weight:600;padding:.65rem 1rem;border-radius:8px;border:1px solid var(--line);background:transparent;color:inherit;cursor:pointer}
button.main{background:var(--accent);border-color:var(--accent);color:var(--paper)}
.wrong{color:var(--bad);font-weight:600}
dl{margin:0;border:1px solid var(--line);border-radius:8px;padding:.75rem 1rem}
dt{color:var(--soft);font-size:.85rem}dd{margin:0 0 .5rem;overflow-wrap:anywhere}dd:last-child{margin:0}
code{font:.78rem/1.4 ui-monospace,"DejaVu Sans Mono",monospace;display:block}
.hint{color:var(--soft);font-size:.85rem;margin:1.25rem 0 0}
h2{font-size:1rem;margin:0 0 .5rem}
section+section{margin-top:1.25rem;border-top:1px solid var(--line);padding-top:1rem}
</style></head><body><main>
<p class="brand">Demo Signing Service · throw-away keys</p>
<h1>{{.Title}}</h1>{{end}}

{{define "consent"}}{{template "head" .}}
{{if .Credential}}<p><strong>{{.Client}}</strong> asks to sign with your key.</p>
<dl><dt>Key</dt><dd>{{.Credential}}</dd>
<dt>Signatures</dt><dd>{{.Signatures}}</dd>
{{if .Description}}<dt>Purpose</dt><dd>{{.Description}}</dd>{{end}}
{{if .Hashes}}<dt>Hashes</dt><dd>{{range .Hashes}}{{.Label}}<code>{{.Hex}}</code>{{end}}</dd>{{end}}</dl>
{{else}}<p><strong>{{.Client}}</strong> asks to see and use your signing keys.</p>{{end}}
{{if .Wrong}}<p class="wrong" role="alert">{{.Wrong}}</p>{{end}}
<form method="post" action="{{.Action}}">
<input type="hidden" name="request" value="{{.Request}}">
<label for="user">User name</label>
<input id="user" name="user" autocomplete="username" autocapitalize="none" spellcheck="false" autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password">
<div class="row">
<button class="main" name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</div></form>
{{if .DemoUser}}<p class="hint">Demo user: {{.DemoUser}}, password: {{.Hint}}</p>{{end}}
</main></body></html>{{end}}

{{define "phone"}}{{template "head" .}}
<section><h2>Codes</h2>
{{range .Codes}}<p>{{.Credential}}<br><strong>{{.Code}}</strong></p>{{else}}<p class="hint">No code at the moment.</p>{{end}}</section>
<section><h2>Requests</h2>
{{$action := .Action}}{{range .Questions}}<form method="post" action="{{$action}}">
<input type="hidden" name="id" value="{{.ID}}">
<p>Sign {{.Signatures}} × with <strong>{{.Credential}}</strong>?</p>
<div class="row"><button class="main" name="decision" value="allow">Approve</button>
<button name="decision" value="deny">Reject</button></div></form>{{else}}<p class="hint">No request at the moment.</p>{{end}}</section>
</main></body></html>{{end}}

{{define "message"}}{{template "head" .}}<p>{{.Message}}</p></main></body></html>{{end}}
`
