import type { BundleOptions } from '@temporalio/worker';
import { assertOneSdkIn } from '../temporal/one-sdk';

type WebpackConfigHook = NonNullable<BundleOptions['webpackConfigHook']>;

interface Compiler {
  hooks: { thisCompilation: { tap(name: string, run: (compilation: Compilation) => void): void } };
}

interface Compilation {
  hooks: { finishModules: { tap(name: string, run: (modules: Iterable<object>) => void): void } };
}

/** Adds a check to a bundle's configuration: that workflow code has one copy of the SDK. */
export function withOneSdkCheck(hook: WebpackConfigHook = (config) => config): WebpackConfigHook {
  return (config) => {
    const configured = hook(config);
    return { ...configured, plugins: [...(configured.plugins ?? []), new OneSdkCheck()] };
  };
}

class OneSdkCheck {
  apply(compiler: Compiler): void {
    const { name } = OneSdkCheck;
    compiler.hooks.thisCompilation.tap(name, (compilation) => {
      compilation.hooks.finishModules.tap(name, (modules) => {
        assertOneSdkIn([...modules].flatMap((module) => fileOf(module) ?? []));
      });
    });
  }
}

function fileOf(module: { resource?: unknown }): string | undefined {
  return typeof module.resource === 'string' ? module.resource : undefined;
}
