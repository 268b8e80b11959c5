// What a page gains with script: live parts, single keys. Without it every page is whole and has a reload link.

const root = document.documentElement;
root.classList.add('scripted');

// The one place where text becomes markup: fragments that the console itself has rendered.
const markup = window.trustedTypes?.createPolicy('tenward', { createHTML: html => html }) ?? { createHTML: html => html };

const byId = id => document.getElementById(id);
const main = byId('main');

/* Live parts */

const source = main?.dataset.live;
const lamp = document.querySelector('.live');
const word = byId('state');
const pauseButton = document.querySelector('[data-act=pause]');
const waiting = new Map(); // parts that came while paused
let stream;
let paused = false;

const states = {
  on: 'Live',
  held: 'Paused',
  off: 'Connecting again',
  over: 'Session ended',
  fault: 'The record cannot be read now',
  many: 'Not live: close another tab',
};

function show(state) {
  if (!lamp) return;
  lamp.classList.remove('on', 'held', 'off');
  lamp.classList.add(['over', 'fault', 'many'].includes(state) ? 'off' : state);
  if (word.textContent !== states[state]) word.textContent = states[state];
}

// put swaps one part, and keeps the keyboard where it was: on the same row, by its address.
function put(id, html) {
  const place = byId(id);
  if (!place) return;
  const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
  place.innerHTML = markup.createHTML(html);
  if (focused) [...place.querySelectorAll('a')].find(a => a.getAttribute('href') === focused)?.focus({ preventScroll: true });
}

// selecting says that somebody is marking text in the page: it must not move under their hand.
function selecting() {
  const s = document.getSelection();
  return s !== null && !s.isCollapsed && main.contains(s.anchorNode);
}

document.addEventListener('selectionchange', () => {
  if (!paused && waiting.size > 0 && !selecting()) catchUp();
});

function catchUp() {
  waiting.forEach((html, id) => put(id, html));
  waiting.clear();
}

function listen() {
  stream = new EventSource(source);
  stream.addEventListener('parts', e => {
    for (const [id, html] of Object.entries(JSON.parse(e.data))) {
      if (paused || selecting()) waiting.set(id, html);
      else put(id, html);
    }
    show(paused ? 'held' : 'on');
  });
  stream.addEventListener('over', end);
  stream.addEventListener('fault', () => show('fault'));
  stream.addEventListener('error', () => {
    show('off');
    // A browser connects again by itself, but not after an answer that is no stream.
    if (stream.readyState === EventSource.CLOSED) ask();
  });
}

// ask finds out whether the session is over, or something else is wrong that may pass.
async function ask() {
  const answer = await fetch(source, { method: 'HEAD' }).catch(() => undefined);
  if (answer?.status === 401) {
    end();
    return;
  }
  if (answer?.status === 429) show('many');
  setTimeout(() => { if (stream && !document.hidden) listen(); }, 10_000);
}

function end() {
  stream?.close();
  stream = undefined;
  show('over');
  const link = document.createElement('a');
  link.href = location.href;
  link.textContent = 'Session ended: what to do';
  word.replaceChildren(link);
}

function pause() {
  if (!stream || !pauseButton) return;
  paused = !paused;
  pauseButton.setAttribute('aria-pressed', String(paused));
  pauseButton.querySelector('span').textContent = paused ? 'Go on' : 'Pause';
  if (!paused) catchUp();
  show(paused ? 'held' : 'on');
}

if (source) {
  listen();
  // A page that nobody sees takes nothing; one that is seen again is connected again.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      stream?.close();
    } else if (stream?.readyState === EventSource.CLOSED) {
      listen();
    }
  });
}
pauseButton?.addEventListener('click', pause);

/* Keys */

const keys = byId('keys');
const allowed = byId('keys-on');
const remember = 'tenward-keys';
let afterG = false;

if (allowed) {
  allowed.checked = localStorage.getItem(remember) !== 'off';
  allowed.addEventListener('change', () => localStorage.setItem(remember, allowed.checked ? 'on' : 'off'));
}
document.querySelector('[data-act=keys]')?.addEventListener('click', () => keys.showModal());

function step(by) {
  const rows = [...document.querySelectorAll('.tbl .req a')];
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by));
  rows[next]?.focus();
}

const acts = {
  '/': () => byId('q')?.focus(),
  '?': () => keys?.showModal(),
  j: () => step(1),
  k: () => step(-1),
  p: pause,
};

/* Palette: Ctrl or Cmd and K, also where single keys are switched off */

const palette = byId('palette');
const wanted = byId('palette-q');
const choices = palette ? [...palette.querySelectorAll('[role=option]')] : [];
const find = byId('palette-find');

function choose(one) {
  for (const c of choices) c.setAttribute('aria-selected', String(c === one));
  if (one) {
    wanted.setAttribute('aria-activedescendant', one.id);
    one.scrollIntoView({ block: 'nearest' });
  } else {
    wanted.removeAttribute('aria-activedescendant');
  }
}

const shown = () => choices.filter(c => !c.parentElement.hidden);

// narrow shows the places whose words begin as what was typed; anything can be searched for in the events.
function narrow() {
  const typed = wanted.value.trim().toLowerCase();
  for (const c of choices) {
    c.parentElement.hidden = c === find ? typed === '' : !c.textContent.toLowerCase().split(/\W+/).some(w => w.startsWith(typed));
  }
  find.href = '/find?q=' + encodeURIComponent(wanted.value.trim());
  choose(shown()[0]);
}

function openPalette() {
  wanted.value = '';
  palette.showModal();
  narrow();
}

wanted?.addEventListener('input', narrow);
palette?.addEventListener('click', e => { if (e.target === palette) palette.close(); });
palette?.addEventListener('keydown', e => {
  const all = shown();
  const at = all.findIndex(c => c.getAttribute('aria-selected') === 'true');
  if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
    e.preventDefault();
    choose(all[(at + (e.key === 'ArrowDown' ? 1 : all.length - 1)) % all.length]);
  } else if (e.key === 'Enter' && at >= 0) {
    e.preventDefault();
    all[at].click();
  }
});

document.addEventListener('keydown', e => {
  if ((e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === 'k' && palette) {
    e.preventDefault();
    if (palette.open) palette.close();
    else if (!keys?.open) openPalette();
  }
});

document.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || !allowed?.checked || keys?.open || palette?.open) return;
  if (e.target.closest('input, textarea, select, [contenteditable]')) {
    if (e.key === 'Escape') e.target.blur();
    return;
  }
  if (afterG) {
    afterG = false;
    const link = document.querySelector(`[data-key="${CSS.escape(e.key)}"]`);
    if (link) {
      e.preventDefault();
      link.click();
    }
    return;
  }
  if (e.key === 'g') {
    afterG = true;
  } else if (Object.hasOwn(acts, e.key)) {
    e.preventDefault();
    acts[e.key]();
  }
});
