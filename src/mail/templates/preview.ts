/** The page of `checkout mail preview`. It has everything that it shows, and needs no server. */
export const PREVIEW_TEMPLATE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Mails of <%= it.shop %></title>
<style>
:root{color-scheme:light dark}
body{margin:0;display:grid;grid-template-columns:220px 1fr;font:15px/1.5 system-ui,sans-serif}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:20px;box-sizing:border-box;border-right:1px solid #8886}
nav a{display:block;padding:2px 0;color:inherit;text-decoration:none}
nav a:hover{text-decoration:underline}
nav label{display:inline-block;margin:0 10px 16px 0}
main{padding:0 28px 60px;min-width:0}
section{padding:28px 0;border-bottom:1px solid #8886}
h2{margin:0;font-size:20px}
.subject{margin:4px 0 16px;color:#888}
.parts{display:flex;gap:20px;overflow-x:auto;align-items:flex-start}
figure{margin:0;flex:0 0 auto}
figcaption{font-size:13px;color:#888;margin-bottom:4px}
iframe{width:560px;height:700px;border:1px solid #8886;border-radius:6px;background:#fff}
pre{width:440px;margin:0;padding:16px;box-sizing:border-box;border:1px solid #8886;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere}
<% for (const { locale } of it.languages) { %>
body:not(:has(#locale-<%= locale %>:checked)) .locale-<%= locale %>{display:none}
<% } %>
</style>
</head>
<body>
<nav>
<% it.languages.forEach(({ locale }, index) => { %>
<label><input type="radio" name="locale" id="locale-<%= locale %>"<% if (index === 0) { %> checked<% } %>> <%= locale %></label>
<% }) %>
<% for (const { kind } of it.languages[0].mails) { %><a href="#<%= kind %>"><%= kind %></a><% } %>
</nav>
<main>
<% it.languages[0].mails.forEach(({ kind }, index) => { %>
<section id="<%= kind %>">
<h2><%= kind %></h2>
<% for (const { locale, mails } of it.languages) { %>
<div class="locale-<%= locale %>">
<p class="subject"><%= mails[index].subject %></p>
<div class="parts">
<figure><figcaption>light</figcaption><iframe title="<%= kind %>, <%= locale %>, light" sandbox="allow-same-origin" srcdoc="<%= mails[index].light %>"></iframe></figure>
<figure><figcaption>dark</figcaption><iframe title="<%= kind %>, <%= locale %>, dark" sandbox="allow-same-origin" srcdoc="<%= mails[index].dark %>"></iframe></figure>
<figure><figcaption>plain text</figcaption><pre><%= mails[index].text %></pre></figure>
</div>
</div>
<% } %>
</section>
<% }) %>
</main>
<script>
const frames = [...document.querySelectorAll('iframe')];
const fit = (frame) => {
  const height = frame.contentDocument?.body?.scrollHeight ?? 0;
  if (height > 0) frame.style.height = height + 'px';
};
for (const frame of frames) frame.addEventListener('load', () => fit(frame));
document.addEventListener('change', () => frames.forEach(fit));
</script>
</body>
</html>
`;
