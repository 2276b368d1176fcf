import { proxySinks, type Sinks, type WorkflowInterceptors } from '@temporalio/workflow';

/** Told in the worker's main thread once an activation has been executed, and before its commands are reported. */
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
