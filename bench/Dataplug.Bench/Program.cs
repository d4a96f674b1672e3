using BenchmarkDotNet.Running;
using Dataplug.Bench.Executors;

if (args is [var command, ..] && ExecutorCommands.Names.Contains(command))
    return await ExecutorCommands.Create().Parse(args).InvokeAsync();
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
