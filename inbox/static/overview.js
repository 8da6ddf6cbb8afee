// Draws each plot from the numbers beside it. Series differ by dashes as well as by colour; the
// same numbers stand in the table below.
import { lang } from "./page.js";

const style = getComputedStyle(document.documentElement);
const tone = (name) => style.getPropertyValue(name).trim();
const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3], [4, 2], [1, 4]];
const tones = ["--accent", "--good", "--bad", "--warn", "--soft", "--ink"];

function draw(place) {
  const { times, names, values, time } = JSON.parse(place.dataset.plot);
  const axis = { stroke: tone("--soft"), grid: { stroke: tone("--line"), width: 1 }, ticks: { show: false } };
  const isDaily = times.length > 1 && times[1] - times[0] >= 86400;
  const form = new Intl.DateTimeFormat(lang, isDaily ? { day: "numeric", month: "short" } : { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const options = {
    width: place.clientWidth,
    height: 220,
    scales: { y: { range: (_, low, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [{ ...axis, values: (_, marks) => marks.map((one) => form.format(one * 1000)), space: isDaily ? 80 : 140 }, axis],
    series: [
      { label: time, value: (_, one) => (one === null ? "–" : form.format(one * 1000)) },
      ...names.map((label, place) => ({
        label,
        stroke: tone(tones[place % tones.length]),
        width: 2,
        dash: dashes[place % dashes.length],
        spanGaps: true,
        points: { show: values[place].filter((one) => one !== null).length < 40, size: 5 },
      })),
    ],
  };
  const plot = new uPlot(options, [times, ...values], place);
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: 220 })).observe(place);
}

addEventListener("load", () => document.querySelectorAll("[data-plot]").forEach(draw));
