// The live page: shows what its stream tells. Every word it writes stands in the page, in the page's language.
(() => {
  "use strict";
  const box = document.getElementById("live");
  if (!box || !window.EventSource) return;
  const words = box.dataset;
  const lang = document.documentElement.lang;
  const at = (id) => document.getElementById(id);
  const [rate, steps, last, connection, pause, said] = ["rate", "steps", "last", "connection", "pause", "said"].map(at);

  // The service's clock: the reader's may be wrong.
  const ahead = Number(words.now) - Date.now();
  const now = () => Date.now() + ahead;
  const holds = Number(words.holds) * 1000;

  const zone = { timeZone: words.zone };
  const number = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 });
  const hours = new Intl.DateTimeFormat(lang, { ...zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const dates = new Intl.DateTimeFormat(lang, { ...zone, dateStyle: "medium" });
  const longDates = new Intl.DateTimeFormat(lang, { ...zone, dateStyle: "full" });
  const isoDates = new Intl.DateTimeFormat("en-CA", { ...zone, year: "numeric", month: "2-digit", day: "2-digit" });

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const clock = (ms) => {
    const part = (type) => hours.formatToParts(ms).find((one) => one.type === type).value;
    const h = String(Number(part("hour"))).padStart(Number(words.hourDigits), "0");
    return fill(words.clock, { h, m: part("minute") });
  };
  const isToday = (ms) => isoDates.format(ms) === isoDates.format(now());

  const rateText = (state) => {
    if (!state.heart_rate) return words.never;
    const when = Date.parse(state.heart_rate.at);
    if (now() - when < holds) return fill(words.rate, { n: number.format(state.heart_rate.value) });
    if (isToday(when)) return fill(words.since, { clock: clock(when) });
    return fill(words.sinceDay, { date: longDates.format(when), clock: clock(when) });
  };
  const stepsText = (state) => {
    const known = state.steps.value !== null && state.steps.date === isoDates.format(now());
    return known ? number.format(state.steps.value) : words.stepsUnknown;
  };
  const lastText = (state) => {
    if (!state.last_reading) return words.none;
    const when = Date.parse(state.last_reading.at);
    return isToday(when) ? clock(when) : fill(words.moment, { date: dates.format(when), clock: clock(when) });
  };

  const write = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };
  let state = null;
  const show = () => {
    if (!state) return;
    write(rate, rateText(state));
    write(steps, stepsText(state));
    write(last, lastText(state));
  };

  // A screen reader is told seldom, and only of what changed.
  const SAY_EVERY_MS = 20000;
  const say = () => {
    if (!state || !source) return;
    const pair = (element) => fill(words.pair, { term: element.previousElementSibling.textContent, value: element.textContent });
    write(said, `${pair(rate)}. ${pair(steps)}.`);
  };

  let source = null;
  let again = 0;
  let wait = 2000;
  let isLost = false;
  const lose = () => {
    if (!isLost) write(connection, fill(words.lost, { clock: clock(now()) }));
    isLost = true;
  };
  const listen = () => {
    source = new EventSource(words.stream);
    source.onopen = () => {
      isLost = false;
      wait = 2000;
      write(connection, words.connected);
    };
    source.addEventListener("state", (event) => {
      state = JSON.parse(event.data);
      show();
      // A stop that begins or ends changes what the page may show. Not at once again, should the two ever disagree.
      if ((state.safety || "") !== words.safety) setTimeout(() => location.reload(), 500);
    });
    source.onerror = () => {
      lose();
      // A browser comes again by itself after a break, but not after a refusal.
      if (source.readyState === EventSource.CLOSED) {
        again = setTimeout(listen, wait);
        wait = Math.min(wait * 2, 60000);
      }
    };
  };

  pause.hidden = false;
  pause.addEventListener("click", () => {
    if (source) {
      clearTimeout(again);
      source.close();
      source = null;
      write(connection, fill(words.paused, { clock: clock(now()) }));
      write(pause, words.resume);
    } else {
      isLost = false;
      write(connection, words.connecting);
      write(pause, words.pause);
      listen();
    }
  });

  write(connection, words.connecting);
  listen();
  // A rate grows old while nothing comes.
  setInterval(show, 5000);
  setInterval(say, SAY_EVERY_MS);
})();
