/**
 * The HTML of every mail. Mail clients show tables more reliably than any other layout. Clients without style sheets show the mail in
 * the light colours, which are attributes of the elements; the others use the dark ones where the reader prefers them. `<%= %>` escapes.
 * It has no indentation, since it is sent millions of times.
 */
export const HTML_TEMPLATE = `<!doctype html>
<html lang="<%= it.language %>" dir="<%= it.direction %>">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no">
<meta name="x-apple-disable-message-reformatting">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title><%= it.subject %></title>
<style>
:root{color-scheme:light dark;supported-color-schemes:light dark}
body{margin:0;padding:0;-webkit-text-size-adjust:100%}
h1{margin:0 0 20px;font-size:24px;line-height:1.3;font-weight:700}
p{margin:0 0 16px}
th,.label{font-weight:400;color:#5b6472;font-size:14px;text-align:start}
.row td{padding:10px 0;border-top:1px solid #e3e6ea;vertical-align:top}
.amount{text-align:end;white-space:nowrap;padding-inline-start:16px!important}
.facts td{padding:3px 0;vertical-align:top;font-size:15px}
.facts .label{white-space:nowrap}
.break{word-break:break-word;overflow-wrap:anywhere}
@media (max-width:620px){.outer{padding:0!important}.card{border-radius:0!important}.pad{padding:28px 20px!important}}
@media (prefers-color-scheme:dark){
.page{background:#101215!important}
.card{background:#1c1f24!important}
.text,h1,p{color:#e8eaed!important}
th,.label,.quiet,.quiet p{color:#a3abb6!important}
.row td,.quiet{border-color:#363c45!important}
.message{background:#262a31!important}
.link{color:<%= it.palette.darkLink %>!important}
.logo{background:#fff!important;padding:8px!important;border-radius:6px!important}
}
</style>
</head>
<body class="page" style="background:#f2f4f6">
<div style="display:none;max-height:0;overflow:hidden"><%= it.paragraphs[0] %></div>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f2f4f6">
<tr><td class="outer" align="center" style="padding:32px 12px">
<!--[if mso]><table role="presentation" width="600"><tr><td><![endif]-->
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff" style="max-width:600px;border-radius:12px;overflow:hidden">
<tr><td height="6" bgcolor="<%= it.palette.button %>" style="font-size:0;line-height:0">&nbsp;</td></tr>
<tr><td class="pad text" style="padding:32px 40px;font:16px/1.55 -apple-system,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei',Helvetica,Arial,sans-serif;color:#1d2129;text-align:start">
<div style="margin:0 0 28px">
<% const shopName = () => { %>
<% if (it.shop.logoUrl) { %><img class="logo" src="<%= it.shop.logoUrl %>" alt="<%= it.shop.name %>" height="40" style="height:40px;max-width:240px;border:0;vertical-align:middle"><% } else { %><b style="font-size:18px"><%= it.shop.name %></b><% } %>
<% } %>
<% if (it.shop.url) { %><a class="text" href="<%= it.shop.url %>" style="color:#1d2129;text-decoration:none"><% shopName() %></a><% } else { %><% shopName() %><% } %>
</div>
<h1 dir="auto"><%= it.heading %></h1>
<% if (it.greeting) { %><p dir="auto"><%= it.greeting %></p><% } %>
<% for (const paragraph of it.paragraphs) { %><p><%= paragraph %></p><% } %>
<% if (it.message) { %>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 16px"><tr><td class="message text" bgcolor="#f2f4f6" style="padding:14px 18px;border-inline-start:4px solid <%= it.palette.button %>;border-radius:4px"><div class="label"><%= it.message.label %></div><div dir="auto"><%= it.message.text %></div></td></tr></table>
<% } %>
<% if (it.button) { %>
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 24px"><tr><td bgcolor="<%= it.palette.button %>" style="border-radius:8px"><a href="<%= it.button.url %>" style="display:inline-block;padding:13px 26px;border-radius:8px;color:<%= it.palette.onButton %>;font-weight:600;text-decoration:none"><%= it.button.label %></a></td></tr></table>
<% } %>
<% if (it.items) { %>
<table class="text" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 24px;font-size:15px;color:#1d2129">
<% if (it.items.rows.length > 0) { %><tr><th align="left" colspan="3" style="padding:0 0 8px"><%= it.items.label %></th></tr><% } %>
<% for (const row of it.items.rows) { %>
<tr class="row"><td style="white-space:nowrap;padding-inline-end:10px" width="1"><%= row.quantity %>&nbsp;×</td><td class="break" dir="auto"><%= row.title %></td><td class="amount" align="right"><%= row.amount ?? '' %></td></tr>
<% } %>
<% for (const total of it.items.totals) { %>
<tr class="row"><td colspan="2"><b><%= total.label %></b></td><td class="amount" align="right"><b><%= total.value %></b></td></tr>
<% } %>
</table>
<% } %>
<% if (it.facts.length > 0) { %>
<table role="presentation" class="facts text" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 24px;font-size:15px;color:#1d2129">
<% for (const fact of it.facts) { %>
<tr><td class="label" style="color:#5b6472;padding-inline-end:20px"><%= fact.label %></td><td class="break" dir="auto"><% if (fact.url) { %><a class="link" href="<%= fact.url %>" style="color:<%= it.palette.link %>"><%= fact.value %></a><% } else { %><%= fact.value %><% } %></td></tr>
<% } %>
</table>
<% } %>
<% if (it.address) { %>
<div class="label" style="color:#5b6472"><%= it.address.label %></div>
<p dir="auto" style="margin:2px 0 24px;font-size:15px"><% it.address.lines.forEach((line, index) => { %><% if (index > 0) { %><br><% } %><%= line %><% }) %></p>
<% } %>
<div class="quiet" style="border-top:1px solid #e3e6ea;padding-top:20px;font-size:14px;color:#5b6472">
<% for (const line of it.footer) { %><p style="margin:0 0 8px"><%= line %></p><% } %>
<p style="margin:0"><% if (it.shop.url) { %><a class="link" href="<%= it.shop.url %>" style="color:<%= it.palette.link %>"><%= it.shop.name %></a><% } else { %><%= it.shop.name %><% } %><% if (it.unsubscribe) { %> &nbsp;·&nbsp; <a class="link" href="<%= it.unsubscribe.url %>" style="color:<%= it.palette.link %>"><%= it.unsubscribe.label %></a><% } %></p>
</div>
</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
</table>
</body>
</html>
`;
