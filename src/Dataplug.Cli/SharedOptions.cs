using System.CommandLine;

namespace Dataplug.Cli;

/// <summary>The options that several commands share.</summary>
internal sealed class SharedOptions
{
    public Option<string?> EndpointUrl { get; } = new("--endpoint-url") { HelpName = "URL", Description = "The S3 server, where it is not AWS.", Recursive = true };

    public Option<string?> Profile { get; } = new("--profile") { HelpName = "NAME", Description = "The profile of the AWS configuration to take credentials from.", Recursive = true };

    public Option<string?> Region { get; } = new("--region") { HelpName = "NAME", Description = "The AWS region of the bucket.", Recursive = true };

    public Option<bool> NoSignRequest { get; } = new("--no-sign-request") { Description = "Read public buckets without credentials.", Recursive = true };

    public Option<bool> RequestPayer { get; } = new("--request-payer") { Description = "Pay for the requests to a requester-pays bucket.", Recursive = true };

    public Option<bool> NoColor { get; } = new("--no-color") { Description = "No colours; so does the variable NO_COLOR.", Recursive = true };

    public Option<bool> Debug { get; } = new("--debug") { Description = "Show the stack trace of an error.", Recursive = true };

    public IReadOnlyList<Option> Recursive => [EndpointUrl, Profile, Region, NoSignRequest, RequestPayer, NoColor, Debug];

    /// <summary>The options of the stores, as they were given: what another process needs to read the same objects.</summary>
    public IReadOnlyList<string> ArgumentsOf(ParseResult result)
    {
        var arguments = new List<string>();
        foreach (var option in (Option<string?>[])[EndpointUrl, Profile, Region])
        {
            if (result.GetValue(option) is { } value)
                arguments.AddRange([option.Name, value]);
        }

        foreach (var option in (Option<bool>[])[NoSignRequest, RequestPayer])
        {
            if (result.GetValue(option))
                arguments.Add(option.Name);
        }

        return arguments;
    }

    public Option<string?> Metadata { get; } = new("--metadata")
    {
        HelpName = "URI",
        Description = "Where indexes are kept: a folder or bucket shared by a team. Default: the folder DATAPLUG_HOME.",
    };

    public Option<bool> MetaBucket { get; } = new("--meta-bucket") { Description = "Keep indexes in the bucket named like the object's own with '.meta' at the end." };

    public Option<string?> Storage { get; } = new("--storage")
    {
        HelpName = "URI",
        Description = "The storage that keys are in. Default: DATAPLUG_STORAGE, else 'storage.location' of dataplug.json.",
    };

    public Option<bool> Json { get; } = new("--json") { Description = "Write JSON for programs." };

    public Option<string?> Format { get; } = new("--format") { HelpName = "ID", Description = "The object's format; see 'dataplug formats'. Default: detected." };

    public Option<string?> Strategy { get; } = new("--strategy") { HelpName = "NAME", Description = "How to cut; see 'dataplug formats'. Default: the format's first." };

    public Option<string[]> Parameters { get; } = new("--param")
    {
        HelpName = "KEY=VALUE",
        Description = "A parameter of the strategy; may be repeated.",
        DefaultValueFactory = _ => [],
    };

    public Option<bool> Salvage { get; } = new("--salvage") { Description = "Use what comes before the damage of a damaged object." };

    public static Argument<string> Uri() => new("URI") { Description = "The object: s3://bucket/key, az://container/key, redis://host:port/0/bucket/key, a path, or http(s)://host/path." };
}
