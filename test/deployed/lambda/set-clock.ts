/** Lets `Date` of this thread tell another clock's time. What is loaded from now on knows no other. */
export function setClock(clock: () => number): void {
  const RealDate = Date
  class OtherDate extends RealDate {
    static override now(): number {
      return clock()
    }

    constructor(...given: []) {
      // Whatever a date is made of besides now.
      if (given.length > 0) super(...given)
      else super(clock())
    }
  }
  globalThis.Date = OtherDate as DateConstructor
}
