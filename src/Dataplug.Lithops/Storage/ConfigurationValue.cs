namespace Dataplug.Lithops;

/// <summary>A value of a configuration file.</summary>
/// <param name="Line">Where it is, from 1.</param>
/// <param name="Text">A scalar's text; null for a section or a list.</param>
/// <param name="Kind">What it may be read as.</param>
/// <param name="Members">A section's members; null for anything else.</param>
internal sealed record ConfigurationValue(long Line, string? Text, ConfigurationKind Kind, IReadOnlyDictionary<string, ConfigurationValue>? Members);

/// <summary>What a value of a configuration file may be read as.</summary>
internal enum ConfigurationKind
{
    /// <summary>As if it were not there.</summary>
    Null,

    /// <summary>Text only: in quotation marks.</summary>
    Quoted,

    /// <summary>A number or truth value only: one of JSON.</summary>
    Bare,

    /// <summary>Text, a number or a truth value: plain in YAML.</summary>
    Plain,

    /// <summary>Members by name.</summary>
    Section,

    /// <summary>A list, which no key takes.</summary>
    List,
}
