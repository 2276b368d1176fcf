/** The plain text of every mail. Nothing is escaped, since nothing in plain text has a meaning but line breaks, which values have not. */
export const TEXT_TEMPLATE = `<% if (it.greeting) { %>
<%= it.greeting %>


<% } %>
<% for (const paragraph of it.paragraphs) { %>
<%= paragraph %>


<% } %>
<% if (it.message) { %>
<%= it.message.label %>:
> <%= it.message.text %>


<% } %>
<% if (it.button) { %>
<%= it.button.label %>:
<%= it.button.url %>


<% } %>
<% if (it.items) { %>
<% if (it.items.rows.length > 0) { %>
<%= it.items.label %>

<% } %>
<% for (const row of it.items.rows) { %>
  <%= row.quantity %> × <%= row.title %><% if (row.amount) { %>  <%= row.amount %><% } %>

<% } %>
<% for (const total of it.items.totals) { %>
  <%= total.label %>  <%= total.value %>

<% } %>

<% } %>
<% for (const fact of it.facts) { %>
<%= fact.label %>: <%= fact.value %>

<% } %>
<% if (it.facts.length > 0) { %>

<% } %>
<% if (it.address) { %>
<%= it.address.label %>

<% for (const line of it.address.lines) { %>
  <%= line %>

<% } %>

<% } %>
<% for (const line of it.footer) { %>
<%= line %>

<% } %>

<%= it.shop.name %><% if (it.shop.url) { %> · <%= it.shop.url %><% } %>

<% if (it.unsubscribe) { %>
<%= it.unsubscribe.label %>: <%= it.unsubscribe.url %>

<% } %>
`;
