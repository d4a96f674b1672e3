using System.CommandLine;
using System.Globalization;

namespace Dataplug.Cli.Commands;

/// <summary>Options that take a whole number from a minimum on, up to a maximum.</summary>
internal static class CountOption
{
    public static Option<int> Create(string name, string description, int defaultValue, int minimum, int maximum = int.MaxValue) => new(name)
    {
        HelpName = "N",
        Description = description,
        DefaultValueFactory = _ => defaultValue,
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum)
                return value;
            result.AddError($"{name} is '{result.Tokens[0].Value}', expected a whole number of at least {minimum}{(maximum < int.MaxValue ? $" and at most {maximum}" : "")}");
            return minimum;
        },
    };
}
