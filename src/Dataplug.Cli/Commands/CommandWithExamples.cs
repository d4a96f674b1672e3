using System.CommandLine;

namespace Dataplug.Cli.Commands;

/// <summary>A command whose help ends in examples.</summary>
internal sealed class CommandWithExamples(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; } = examples;
}
