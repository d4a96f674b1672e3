using System.CommandLine;
using Dataplug.Cli.Mapping;
using Dataplug.Cli.Output;
using Dataplug.Cli.Terminals;
using Dataplug.Formats;
using Dataplug.Lithops;
using Dataplug.Metadata;
using Dataplug.Storage;
using Spectre.Console;

namespace Dataplug.Cli;

/// <summary>What one command works with: stores, formats, where indexes are, and where to write.</summary>
internal sealed class Session : IAsyncDisposable
{
    private readonly Lazy<IAnsiConsole> _console;
    private readonly Lazy<IAnsiConsole> _errorConsole;

    private readonly Lazy<Lithops.Storage> _storage;

    private Session(Terminal terminal, StorageOptions storage, MetadataOptions metadata, bool json, bool noColor)
    {
        Terminal = terminal;
        Stores = storage.CreateStores();
        _storage = new Lazy<Lithops.Storage>(() => Lithops.Storage.Open(storage with { Stores = Stores }));
        Metadata = metadata;
        Json = json;
        NoColor = noColor;
        _console = new Lazy<IAnsiConsole>(() => terminal.CreateOutputConsole(noColor));
        _errorConsole = new Lazy<IAnsiConsole>(() => terminal.CreateErrorConsole(noColor));
    }

    /// <summary>All formats that the tool knows; the more special come first, as detection prefers them among equals.</summary>
    public static FormatRegistry Formats => KnownFormats.All;

    public Terminal Terminal { get; }

    public ObjectStores Stores { get; }

    /// <summary>The configured storage, or that of <c>--storage</c>.</summary>
    public Lithops.Storage Storage => _storage.Value;

    public MetadataOptions Metadata { get; }

    /// <summary>The records of this user's jobs.</summary>
    public JobRecordFolder Jobs => JobRecordFolder.OfUser(Terminal.Variables) ?? throw new UsageException("there is no data folder for this user; name one in DATAPLUG_HOME");

    public CloudObjectOptions Options => new() { Stores = Stores, Metadata = Metadata };

    /// <summary>Whether the answer is for a program.</summary>
    public bool Json { get; }

    public bool NoColor { get; }

    /// <summary>Standard output for people.</summary>
    public IAnsiConsole Console => _console.Value;

    /// <summary>Standard error for people.</summary>
    public IAnsiConsole ErrorConsole => _errorConsole.Value;

    public static Session Create(ParseResult result, SharedOptions shared, Terminal terminal)
    {
        var endpoint = result.GetValue(shared.EndpointUrl);
        if (endpoint is not null && (!System.Uri.TryCreate(endpoint, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")))
            throw new UsageException($"'{endpoint}' is not an endpoint; expected http(s)://host[:port]");

        var profile = result.GetValue(shared.Profile);
        var noSignRequest = result.GetValue(shared.NoSignRequest);
        if (profile is not null && noSignRequest)
            throw new UsageException("--profile and --no-sign-request exclude each other");

        var configured = StorageOptions.Load(environment: terminal.Variables);
        var s3 = configured.S3 ?? new S3Options();
        if (profile is not null)
            s3 = s3 with { Profile = profile, AccessKey = null, SecretKey = null, SessionToken = null };
        var storage = configured with
        {
            Location = result.GetValue(shared.Storage) ?? configured.Location,
            S3 = s3 with
            {
                EndpointUrl = endpoint ?? s3.EndpointUrl,
                Region = result.GetValue(shared.Region) ?? s3.Region,
                Anonymous = noSignRequest || s3.Anonymous,
                RequestPayer = result.GetValue(shared.RequestPayer) || s3.RequestPayer,
            },
        };
        return new Session(terminal, storage, MetadataOf(result, shared, terminal), Has(result, shared.Json), result.GetValue(shared.NoColor));
    }

    /// <summary>The object as the given format, or as the one that it was preprocessed with, or as the one it looks like; with the
    /// parameters that its index was made with, if there is one.</summary>
    /// <param name="uri">The object.</param>
    /// <param name="formatId">The format's id; null to find it.</param>
    /// <param name="salvage">Whether a damaged object may be used up to its damage. An index of a part is used where this was asked for,
    /// one of the whole where it was not.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    public async Task<CloudObject> OpenAsync(string uri, string? formatId, bool salvage, CancellationToken cancellationToken)
    {
        var parsed = ObjectUri.Parse(uri);
        var (format, parameters) = await FindAsync(parsed, formatId, cancellationToken);
        format = WithSalvage(format, salvage);
        if (parameters is not null && WithParametersOfIndex(format, parameters) is var indexed && IsForSalvage(indexed) == IsForSalvage(format))
            format = indexed;
        return CloudObject.FromUri(format, parsed, Options);
    }

    /// <summary>The object as in <see cref="OpenAsync"/>, but of a format with parameters of its own.</summary>
    /// <param name="uri">The object.</param>
    /// <param name="formatId">The format's id; null to find it.</param>
    /// <param name="salvage">Whether a damaged object may be used up to its damage.</param>
    /// <param name="choose">Makes the wanted format of that with its defaults.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    public async Task<CloudObject> OpenToIndexAsync(string uri, string? formatId, bool salvage, Func<DataFormat, DataFormat> choose, CancellationToken cancellationToken)
    {
        var parsed = ObjectUri.Parse(uri);
        var format = formatId is not null ? Format(formatId) : (await FindAsync(parsed, null, cancellationToken)).Format;
        return CloudObject.FromUri(choose(WithSalvage(format, salvage)), parsed, Options);
    }

    /// <summary>The format of an id.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static DataFormat Format(string id) =>
        Formats.Formats.FirstOrDefault(format => format.Id == id)
            ?? throw new UsageException($"there is no format '{id}'", ["Formats: " + string.Join(", ", Formats.Formats.Select(format => format.Id))]);

    /// <summary>Writes a line for people to standard error.</summary>
    public void Note(string line) => Terminal.ErrorText.WriteLine("dataplug: " + line);

    /// <summary>Writes the answer for a program.</summary>
    public void WriteJson<T>(T value) => Terminal.OutputText.WriteLine(JsonText.Of(value));

    public ValueTask DisposeAsync() => Stores.DisposeAsync();

    // The places of all formats' indexes are asked at once: the object may have been indexed as another format than it looks like.
    private async Task<(DataFormat Format, string? Parameters)> FindAsync(ObjectUri uri, string? formatId, CancellationToken cancellationToken)
    {
        var formats = formatId is not null ? [Format(formatId)] : Formats.Formats;
        var indexes = await Task.WhenAll(formats.Select(StatusAsync));
        foreach (var wanted in (IndexStatus[])[IndexStatus.Current, IndexStatus.Stale])
        {
            if (Array.FindIndex(indexes, index => index.Status == wanted) is var found and >= 0)
                return (formats[found], indexes[found].Parameters);
        }

        return (formatId is not null ? formats[0] : await Formats.DetectAsync(await Stores.PinAsync(uri, cancellationToken), cancellationToken), null);

        async Task<(IndexStatus Status, string? Parameters)> StatusAsync(DataFormat format)
        {
            try
            {
                var state = await CloudObject.FromUri(format, uri, Options).GetStateAsync(cancellationToken);
                return (state.Status, state.Parameters);
            }
            catch (CorruptIndexException)
            {
                // It was indexed as such; whoever needs the index finds out that it is damaged.
                return (IndexStatus.Stale, null);
            }
        }
    }

    private static DataFormat WithSalvage(DataFormat format, bool salvage) =>
        !salvage ? format : format.ForSalvage() ?? throw new UsageException($"--salvage can't be used with format '{format.Id}'");

    private static bool IsForSalvage(DataFormat format) => format.ForSalvage()?.Parameters == format.Parameters;

    private static DataFormat WithParametersOfIndex(DataFormat format, string parameters)
    {
        try
        {
            return parameters == format.Parameters ? format : format.WithParameters(parameters);
        }
        catch (ArgumentException)
        {
            // Another version of the program knows parameters that this one does not; whoever needs the index is told.
            return format;
        }
    }

    private static MetadataOptions MetadataOf(ParseResult result, SharedOptions shared, Terminal terminal)
    {
        var location = Has(result, shared.Metadata) ? result.GetValue(shared.Metadata) : null;
        var metaBucket = Has(result, shared.MetaBucket) && result.GetValue(shared.MetaBucket);
        if (location is not null && metaBucket)
            throw new UsageException("--metadata and --meta-bucket exclude each other");
        return new MetadataOptions
        {
            Home = terminal.Variables("DATAPLUG_HOME") is { Length: > 0 } home ? home : null,
            Location = location is null ? null : ObjectUri.Parse(location),
            UseMetaBucket = metaBucket,
        };
    }

    private static bool Has(ParseResult result, Option<bool> option) => result.GetResult(option) is not null && result.GetValue(option);

    private static bool Has(ParseResult result, Option option) => result.GetResult(option) is not null;
}
