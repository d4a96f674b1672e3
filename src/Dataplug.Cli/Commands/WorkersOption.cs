using System.CommandLine;

namespace Dataplug.Cli.Commands;

/// <summary>Options that take a whole number from a minimum on.</summary>
internal static class WorkersOption
{
    public static Option<int> Create(string description, int defaultValue, int minimum) => Create("--workers", description, defaultValue, minimum);

    public static Option<int> Create(string name, string description, int defaultValue, int minimum)
    {
        var option = new Option<int>(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => defaultValue };
        option.Validators.Add(result =>
        {
            // Anything but a number is reported by the parser itself.
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && value < minimum)
                result.AddError($"{name} is {value}, expected a whole number of at least {minimum}.");
        });
        return option;
    }
}
