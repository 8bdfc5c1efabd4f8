// Preloaded into a worker: its clock is CHAOS_CLOCK_SHIFT_MS off. That is the clock of JavaScript; the native part of
// Temporal's SDK keeps the machine's.
const shift = Number(process.env.CHAOS_CLOCK_SHIFT_MS);
const RealDate = Date;

class ShiftedDate extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [RealDate.now() + shift] : args));
  }

  static now() {
    return RealDate.now() + shift;
  }
}

globalThis.Date = new Proxy(ShiftedDate, { apply: () => new ShiftedDate().toString() });
