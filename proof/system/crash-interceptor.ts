import { proxySinks, type Sinks, type WorkflowInterceptors } from '@temporalio/workflow';

/** Called in the main thread of the worker when an activation has been executed and its commands are not reported yet. */
export interface CrashSinks extends Sinks {
  crash: { activationExecuted(): void };
}

const { crash } = proxySinks<CrashSinks>();

/** Bundled with the workflows under test. */
export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      concludeActivation(input, next) {
        crash.activationExecuted();
        return next(input);
      },
    },
  ],
});
