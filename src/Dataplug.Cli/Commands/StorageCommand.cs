using System.CommandLine;
using System.Globalization;
using Dataplug.Cli.Output;
using Dataplug.Storage;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug storage</c>: objects in the configured storage, or in any store by URI.</summary>
internal static class StorageCommand
{
    private const int CopyBufferSize = 1 << 17;

    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open) =>
        new CommandWithExamples("storage", "Put, get, list and delete objects in the configured storage, or in any store by URI.",
            "dataplug storage put reads.fastq.gz runs/1/reads.fastq.gz",
            "DATAPLUG_STORAGE=redis://127.0.0.1:6379/0/jobs dataplug storage list",
            "dataplug storage get az://container/key --out file")
        {
            CreatePut(shared, open),
            CreateGet(shared, open),
            CreateList(shared, open),
            CreateDelete(shared, open),
        };

    private static CommandWithExamples CreatePut(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var file = new Argument<string>("FILE") { Description = "The file, or '-' for standard input." };
        var key = Key();
        var createOnly = new Option<bool>("--create-only") { Description = "Fail where there is such an object already." };
        var contentType = new Option<string?>("--content-type") { HelpName = "TYPE", Description = "The media type." };
        var command = new CommandWithExamples("put", "Write a file to an object, in parts where it is long.",
            "dataplug storage put counts.csv results/counts.csv",
            "sort words | dataplug storage put - s3://bucket/words.txt --create-only")
        {
            file, key, createOnly, contentType, shared.Storage, shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var (uri, name) = Resolve(session, result.GetRequiredValue(key));
            var options = new PutOptions { IfAbsent = result.GetValue(createOnly), ContentType = result.GetValue(contentType) };
            var source = result.GetRequiredValue(file);
            ObjectInfo info;
            if (source == "-")
            {
                info = await session.Stores.Get(uri).UploadAsync(uri, session.Terminal.Input, options, cancellationToken: cancellationToken);
            }
            else
            {
                var pinned = await session.Stores.PinAsync(ObjectUri.Parse(source), cancellationToken);
                await using var content = pinned.OpenRead(new ByteRange(0, pinned.Size), ReadAheadOptions.Default);
                info = await session.Stores.Get(uri).UploadAsync(uri, content, options, cancellationToken: cancellationToken);
            }

            if (session.Json)
                session.WriteJson(new StoredAnswer(name, uri.Display, info.Size, info.ETag, info.LastModified));
            else
                session.Terminal.OutputText.WriteLine($"Wrote {ByteText.Size(info.Size)} to {uri.Display}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CommandWithExamples CreateGet(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var key = Key();
        var target = new Option<string?>("--out") { HelpName = "PATH", Description = "A file (it appears whole or not at all), an object, or '-' for standard output." };
        var range = new Option<string?>("--range") { HelpName = "FROM-TO", Description = "Only these bytes, counted from 0, the last one included; as in HTTP also FROM- and -LAST." };
        var command = new CommandWithExamples("get", "Write an object to standard output or a file.",
            "dataplug storage get results/counts.csv --out counts.csv",
            "dataplug storage get s3://bucket/reads.bam --range 0-65535 | xxd | head")
        {
            key, target, range, shared.Storage,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var (uri, _) = Resolve(session, result.GetRequiredValue(key));
            var wanted = result.GetValue(range) is { } text ? ParseRange(text) : ReadRange.All;
            if (wanted != ReadRange.All)
            {
                await using var read = await session.Stores.Get(uri).OpenReadAsync(uri, new ReadRequest(wanted), cancellationToken);
                await OutputTarget.WriteAsync(result.GetValue(target), session, (stream, token) => read.Content.CopyToAsync(stream, CopyBufferSize, token), cancellationToken);
                return ExitCodes.Ok;
            }

            var pinned = await session.Stores.PinAsync(uri, cancellationToken);
            await using var content = pinned.OpenRead(new ByteRange(0, pinned.Size), ReadAheadOptions.Default);
            await OutputTarget.WriteAsync(result.GetValue(target), session, (stream, token) => content.CopyToAsync(stream, CopyBufferSize, token), cancellationToken);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CommandWithExamples CreateList(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var prefix = new Argument<string>("PREFIX") { Description = "What the keys begin with; or a URI, as s3://bucket/prefix.", DefaultValueFactory = _ => "" };
        var command = new CommandWithExamples("list", "List objects, one a line: key, size, time.",
            "dataplug storage list",
            "dataplug storage list results/ --json",
            "dataplug storage list az://container/runs/")
        {
            prefix, shared.Storage, shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var answers = new List<StoredAnswer>();
            await foreach (var (key, info) in ListAsync(session, result.GetRequiredValue(prefix), cancellationToken))
            {
                if (session.Json)
                    answers.Add(new StoredAnswer(key, info.Uri.Display, info.Size, info.ETag, info.LastModified));
                else
                    session.Terminal.OutputText.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{key ?? info.Uri.Display}\t{info.Size}\t{info.LastModified?.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}"));
            }

            if (session.Json)
                session.WriteJson<IReadOnlyList<StoredAnswer>>(answers);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CommandWithExamples CreateDelete(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var keys = new Argument<string[]>("KEY") { Description = "The objects' keys or URIs.", Arity = ArgumentArity.OneOrMore };
        var prefix = new Option<bool>("--prefix") { Description = "Delete all objects that begin with KEY." };
        var command = new CommandWithExamples("delete", "Delete objects; those that are not there are no error.",
            "dataplug storage delete results/counts.csv",
            "dataplug storage delete results/ --prefix")
        {
            keys, prefix, shared.Storage, shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var deleted = 0L;
            foreach (var text in result.GetRequiredValue(keys))
            {
                if (!result.GetValue(prefix))
                {
                    var (uri, _) = Resolve(session, text);
                    await session.Stores.Get(uri).DeleteAsync([uri], cancellationToken);
                    deleted++;
                    continue;
                }

                if (text.Length == 0)
                    throw new UsageException("an empty KEY with --prefix would be all objects; name what they begin with");
                if (!IsUri(text))
                {
                    deleted += await session.Storage.DeleteAllAsync(text, cancellationToken);
                    continue;
                }

                var all = ObjectUri.Parse(text);
                deleted += await ListingStore(session, all).DeleteAllAsync(all, cancellationToken);
            }

            if (session.Json)
                session.WriteJson(new DeletedAnswer(deleted));
            else
                session.Terminal.OutputText.WriteLine($"Deleted {ByteText.Count(deleted)} {(deleted == 1 ? "object" : "objects")}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Argument<string> Key() => new("KEY") { Description = "The object's key in the configured storage; or its URI, in any store." };

    /// <summary>A key in the storage, or a URI; the key is null for the latter.</summary>
    private static (ObjectUri Uri, string? Key) Resolve(Session session, string text) =>
        IsUri(text) ? (ObjectUri.Parse(text), null) : (session.Storage.UriOf(text), text);

    private static async IAsyncEnumerable<(string? Key, ObjectInfo Info)> ListAsync(
        Session session, string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (IsUri(prefix))
        {
            var uri = ObjectUri.Parse(prefix);
            await foreach (var info in ListingStore(session, uri).ListAsync(uri, cancellationToken))
                yield return (null, info);
            yield break;
        }

        await foreach (var item in session.Storage.ListAsync(prefix, cancellationToken))
            yield return (item.Key, item.Info);
    }

    private static bool IsUri(string text) => text.Contains("://", StringComparison.Ordinal);

    /// <summary>The store of a URI, which has to be one that can list.</summary>
    private static IObjectStore ListingStore(Session session, ObjectUri uri)
    {
        var store = session.Stores.Get(uri);
        return store.Capabilities.HasFlag(StoreCapabilities.List) ? store : throw new UsageException($"objects of {uri.Scheme}:// can't be listed");
    }

    private static ReadRange ParseRange(string text)
    {
        var parts = text.Split('-');
        var from = Number(parts[0]);
        var to = parts.Length == 2 ? Number(parts[1]) : null;
        return (parts.Length, from, to) switch
        {
            (2, { } first, { } last) when last >= first && last < long.MaxValue => ReadRange.Bounded(first, last - first + 1),
            (2, { } first, null) when parts[1].Length == 0 => ReadRange.From(first),
            (2, null, > 0 and { } last) when parts[0].Length == 0 => ReadRange.Suffix(last),
            _ => throw new UsageException($"'{text}' is no range; expected FROM-TO, FROM- or -LAST"),
        };

        static long? Number(string digits) => long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
