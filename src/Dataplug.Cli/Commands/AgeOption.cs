using System.CommandLine;
using System.Globalization;

namespace Dataplug.Cli.Commands;

/// <summary>Options that take an age: <c>90s</c>, <c>30m</c>, <c>12h</c>, <c>7d</c>.</summary>
internal static class AgeOption
{
    public static Option<TimeSpan?> Create(string name, string description) => new(name)
    {
        HelpName = "AGE",
        Description = description,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (Parse(text) is { } age)
                return age;
            result.AddError($"{name} is '{text}', expected an age such as 90s, 30m, 12h or 7d");
            return null;
        },
    };

    private static TimeSpan? Parse(string text)
    {
        var seconds = text.Length == 0 ? 0 : text[^1] switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => 0,
        };
        return seconds > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? TimeSpan.FromSeconds((double)number * seconds)
            : null;
    }
}
