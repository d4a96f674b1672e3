using BenchmarkDotNet.Running;
using Dataplug.Bench;

if (args is ["dispatch", .. var arguments])
    await DispatchMeasurement.RunAsync(arguments);
else
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
