using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Dataplug.Cli.Chunks;
using Dataplug.Cli.Commands;
using Dataplug.Cli.Terminals;

namespace Dataplug.Cli;

/// <summary>The grammar of the tool, and how failures become one line and an exit code.</summary>
internal sealed class CommandLine
{
    private readonly Terminal _terminal;
    private readonly SharedOptions _shared = new();
    private readonly RootCommand _root;

    public CommandLine(Terminal terminal)
    {
        _terminal = terminal;
        _root = new RootCommand("Cut big scientific objects where they lie: index once, slice for free, read only what you need.");
        foreach (var option in _shared.Recursive)
            _root.Add(option);

        Func<ParseResult, Session> open = result => Session.Create(result, _shared, terminal);
        _root.Add(FormatsCommand.Create(_shared, open));
        _root.Add(InspectCommand.Create(_shared, open));
        _root.Add(PreprocessCommand.Create(_shared, open));
        _root.Add(PartitionCommand.Create(_shared, open));
        _root.Add(GetCommand.Create(_shared, open));
        _root.Add(MapCommand.Create(_shared, open));
        _root.Add(CatalogCommand.Create(_shared, open));
        _root.Add(IndexCommand.Create(_shared, open));
        _root.Add(ImzmlCommand.Create(_shared, open));
        _root.Add(GeoCommand.Create(_shared, open));
        _root.Add(StorageCommand.Create(_shared, open));
        _root.Add(RuntimeCommand.Create(_shared, open));
        _root.Add(JobsCommand.Create(_shared, open));
        _root.Add(HelloCommand.Create(_shared, open));
        _root.Add(CleanCommand.Create(_shared, open));
        _root.Add(DemoCommand.Create(_shared, open));
        _root.Add(ChunkWorkerCommand.Create(open));

        foreach (var option in _root.Options)
        {
            if (option is HelpOption { Action: HelpAction help })
                option.Action = new HelpWithExamples(help);
            else if (option is VersionOption)
                option.Action = new ShowVersion();
        }
    }

    public async Task<int> RunAsync(IReadOnlyList<string> args, CancellationToken cancellationToken)
    {
        // No response files: an argument of a mapped program may well begin with '@'.
        var result = _root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var debug = args.TakeWhile(arg => arg != "--").Contains("--debug");
        try
        {
            if (result.Action is HelpWithExamples or ShowVersion)
                return result.Invoke(Invocation(_terminal.OutputText));
            if (args.Count == 0)
            {
                _ = _root.Parse("--help").Invoke(Invocation(_terminal.ErrorText));
                return ExitCodes.Usage;
            }

            if (result.Errors.Count > 0)
                throw new UsageException(string.Join("; ", result.Errors.Select(Describe).Distinct()));
            return await result.InvokeAsync(Invocation(_terminal.OutputText), cancellationToken);
        }
        catch (Exception exception)
        {
            return new FailureReport(_terminal.ErrorText, debug).Write(exception, CommandOf(result), cancellationToken);
        }
    }

    // Signals and exceptions are ours: the defaults of the library print stack traces and give up after two seconds.
    private InvocationConfiguration Invocation(TextWriter output) => new()
    {
        Output = output,
        Error = _terminal.ErrorText,
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null,
    };

    private static string Describe(ParseError error) => error.SymbolResult switch
    {
        ArgumentResult { Tokens.Count: 0, Argument: { Name: var name } } when error.Message.StartsWith("Required", StringComparison.Ordinal) => $"{name} is missing",
        _ => error.Message.TrimEnd('.'),
    };

    private static string CommandOf(ParseResult result)
    {
        var names = new List<string>();
        for (var command = result.CommandResult; command is not null; command = command.Parent as CommandResult)
            names.Insert(0, command.Command is RootCommand ? "dataplug" : command.Command.Name);
        return string.Join(' ', names);
    }

    private sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var exitCode = help.Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            var examples = parseResult.CommandResult.Command is CommandWithExamples command
                ? command.Examples
                : ["dataplug demo", "dataplug preprocess s3://bucket/reads.fastq.gz", "dataplug map s3://bucket/reads.fastq.gz --strategy batches --param count=200 -- wc -l"];
            output.WriteLine("Examples:");
            foreach (var example in examples)
                output.WriteLine("  " + example);
            output.WriteLine();
            return exitCode;
        }
    }

    private sealed class ShowVersion : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"dataplug {typeof(CommandLine).Assembly.GetName().Version?.ToString(3)}");
            return ExitCodes.Ok;
        }
    }
}
