// Runs before the first paint, so that the page does not flash in the other theme. The board itself is loaded later.
(function () {
  var root = document.documentElement;
  var settings = {};
  try {
    settings = JSON.parse(localStorage.getItem('board') || '{}');
  } catch {
    // Storage may be switched off: the defaults are used.
  }
  var dark = matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme =
    settings.theme === 'dark' || settings.theme === 'light' ? settings.theme : dark ? 'dark' : 'light';
  if (settings.locale) root.lang = settings.locale;
})();
