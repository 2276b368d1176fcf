/** `Promise.withResolvers` of ES2024, which Restate's SDK uses and Node has since version 22. */
if (!('withResolvers' in Promise)) {
  Object.defineProperty(Promise, 'withResolvers', {
    value<T>() {
      let resolve: ((value: T | PromiseLike<T>) => void) | undefined;
      let reject: ((reason: unknown) => void) | undefined;
      const promise = new Promise<T>((...settle) => {
        [resolve, reject] = settle;
      });
      return { promise, resolve, reject };
    },
  });
}
