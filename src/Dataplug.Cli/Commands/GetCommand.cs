using System.CommandLine;
using Dataplug.Cli.Output;
using Dataplug.Cli.Slices;
using Dataplug.Formats.Imzml;
using Dataplug.Storage;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug get</c>: the bytes of one slice, or of all of them.</summary>
internal static class GetCommand
{
    private const int CopyBufferSize = 1 << 17;

    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var file = new Argument<string>("SLICES") { Description = "The slices: a file that 'dataplug partition' wrote, or '-' for standard input." };
        var slice = CountOption.Create("--slice", "The number of the slice, from 0: written as a valid file of its format.", 0, minimum: 0);
        slice.DefaultValueFactory = null;
        slice.HelpName = "I";
        var all = new Option<bool>("--all") { Description = "All slices put together in order: the whole object again, repeated headers aside." };
        var target = new Option<string?>("--out") { HelpName = "PATH", Description = "A file (it appears whole or not at all), an object, or '-' for standard output. Slices of imzML are a ZIP archive of two files, or both side by side where PATH ends in .imzML." };
        var workers = CountOption.Create("--workers", "Slices read at once with --all.", 4, minimum: 1);
        var command = new CommandWithExamples("get", "Write a slice, or all of them, by reading only their bytes.",
            "dataplug get slices.jsonl --slice 3 --out part-3.fastq",
            "dataplug get slices.jsonl --all | sha256sum",
            "sed -n 3p slices.jsonl | dataplug get - | head")
        {
            file, slice, all, target, workers,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            int? index = result.GetResult(slice) is null ? null : result.GetValue(slice);
            var everything = result.GetValue(all);
            if (index is not null && everything)
                throw new UsageException("--slice and --all exclude each other");

            var slices = await ReadSlicesAsync(session, result.GetRequiredValue(file), cancellationToken);
            var path = result.GetValue(target);
            if (everything)
            {
                var concatenation = new SliceConcatenation(slices.WholePlan(), result.GetValue(workers));
                await OutputTarget.WriteAsync(path, session, concatenation.WriteToAsync, cancellationToken);
                return ExitCodes.Ok;
            }

            var one = index is { } number ? slices.WithIndex(number) : slices.Only();
            if (one is ImzmlSlice pair && path is not null && Path.GetExtension(path).Equals(".imzml", StringComparison.OrdinalIgnoreCase) && ObjectUri.Parse(path) is { Scheme: "file" } local)
            {
                await pair.SaveAsync(local.Key, cancellationToken);
                return ExitCodes.Ok;
            }

            await OutputTarget.WriteAsync(
                path,
                session,
                async (stream, token) =>
                {
                    await using var content = await one.OpenReadAsync(token);
                    await content.CopyToAsync(stream, CopyBufferSize, token);
                },
                cancellationToken);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<SliceFile> ReadSlicesAsync(Session session, string name, CancellationToken cancellationToken)
    {
        if (name == "-")
            return await SliceFile.ReadAsync("standard input", session.Terminal.Input, session, cancellationToken);

        var uri = ObjectUri.Parse(name);
        await using var read = await session.Stores.Get(uri).OpenReadAsync(uri, new ReadRequest(ReadRange.All), cancellationToken);
        return await SliceFile.ReadAsync(name, read.Content, session, cancellationToken);
    }
}
