using System.CommandLine;
using System.Globalization;
using Dataplug.Cli.Output;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Lambda;
using Spectre.Console;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug runtime</c>: the worker where a cloud runs it.</summary>
internal static class RuntimeCommand
{
    private const string Lambda = "aws-lambda";

    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open) =>
        new CommandWithExamples("runtime", "Make, deploy, list and delete the workers of a cloud.",
            "dataplug runtime build aws-lambda --out worker.zip",
            "DATAPLUG_WORKER_KEY=$(dataplug runtime key) dataplug runtime deploy aws-lambda worker.zip --name dataplug --role arn:aws:iam::123456789012:role/dataplug")
        {
            CreateKey(open),
            CreateBuild(open),
            CreateDeploy(shared, open),
            CreateList(shared, open),
            CreateDelete(shared, open),
        };

    private static CommandWithExamples CreateKey(Func<ParseResult, Session> open)
    {
        var command = new CommandWithExamples("key", "Write a new key, which clients and workers share in DATAPLUG_WORKER_KEY.", "export DATAPLUG_WORKER_KEY=$(dataplug runtime key)");
        command.SetAction(async (result, _) =>
        {
            await using var session = open(result);
            session.Terminal.OutputText.WriteLine(RemoteBackendOptions.NewKey());
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CommandWithExamples CreateBuild(Func<ParseResult, Session> open)
    {
        var output = new Option<string>("--out") { HelpName = "FILE", Description = "The package; replaced where it is there.", DefaultValueFactory = _ => "dataplug-worker.zip" };
        var command = new CommandWithExamples("build", "Make the deployment package of a cloud: the worker and the .NET runtime of this machine.", "dataplug runtime build aws-lambda --out worker.zip") { Cloud(), output };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var path = result.GetRequiredValue(output);
            long unpacked;
            try
            {
                unpacked = await LambdaPackage.BuildAsync(path, cancellationToken: cancellationToken);
            }
            catch (PlatformNotSupportedException exception)
            {
                throw new UsageException(exception.Message);
            }

            session.Terminal.OutputText.WriteLine($"Wrote {path}: {ByteText.Size(new FileInfo(path).Length)}, {ByteText.Size(unpacked)} unpacked, for provided.al2023 on {LambdaPackage.Architecture}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CommandWithExamples CreateDeploy(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var package = new Argument<string>("PACKAGE") { Description = "What 'dataplug runtime build' made." };
        var name = Name();
        var role = new Option<string>("--role") { HelpName = "ARN", Description = "The role with whose rights it runs.", Required = true };
        var memory = CountOption.Create("--memory", "Memory in MB, from 128 to 10240; processor time grows with it.", 1769, minimum: 128);
        var timeout = CountOption.Create("--timeout", "How many seconds one invocation may take, up to 900.", 900, minimum: 1);
        var variables = new Option<string[]>("--env") { HelpName = "NAME=VALUE", Description = "A variable of the workers; may be repeated.", DefaultValueFactory = _ => [] };
        var command = new CommandWithExamples("deploy", "Make a function that runs the worker, or change it. The key is taken from DATAPLUG_WORKER_KEY.",
            "dataplug runtime deploy aws-lambda worker.zip --name dataplug --role arn:aws:iam::123456789012:role/dataplug --memory 2048")
        {
            Cloud(), package, name, role, memory, timeout, variables,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            var key = session.Terminal.Variables(RemoteBackendOptions.KeyVariable) is { Length: > 0 } given
                ? given
                : throw new UsageException($"there is no key in {RemoteBackendOptions.KeyVariable}; 'dataplug runtime key' makes one, which clients need as well");
            var deployment = new LambdaDeployment
            {
                Name = result.GetRequiredValue(name),
                Role = result.GetRequiredValue(role),
                PackagePath = result.GetRequiredValue(package),
                Key = key,
                Memory = result.GetValue(memory),
                Timeout = TimeSpan.FromSeconds(result.GetValue(timeout)),
                Environment = ParseVariables(result.GetValue(variables) ?? []),
            };
            using var functions = Open(shared, result);
            bool isNew;
            try
            {
                isNew = await functions.DeployAsync(deployment, cancellationToken);
            }
            catch (Exception exception) when (exception is ArgumentException or FormatException)
            {
                throw new UsageException(exception.Message);
            }

            session.Terminal.OutputText.WriteLine($"{(isNew ? "Made" : "Changed")} the function {deployment.Name}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CommandWithExamples CreateList(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var command = new CommandWithExamples("list", "List the functions that run the worker.", "dataplug runtime list aws-lambda --region eu-central-1") { Cloud(), shared.Json };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            using var functions = Open(shared, result);
            var all = new List<RuntimeAnswer>();
            await foreach (var function in functions.ListAsync(cancellationToken))
                all.Add(new RuntimeAnswer(function.Name, function.Memory, function.Timeout.TotalSeconds, function.CodeSize, function.LastModified));
            if (session.Json)
            {
                session.WriteJson<IReadOnlyList<RuntimeAnswer>>(all);
                return ExitCodes.Ok;
            }

            var table = new Table().AddColumns("name", "memory", "timeout", "package", "changed").Border(TableBorder.None);
            foreach (var function in all)
                table.AddRow(Markup.Escape(function.Name), string.Create(CultureInfo.InvariantCulture, $"{function.MemoryMegabytes} MB"), string.Create(CultureInfo.InvariantCulture, $"{function.TimeoutSeconds} s"), ByteText.Size(function.PackageSize), Markup.Escape(function.Changed));
            session.Console.Write(table);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CommandWithExamples CreateDelete(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var name = Name();
        var command = new CommandWithExamples("delete", "Delete a function that runs the worker.", "dataplug runtime delete aws-lambda --name dataplug") { Cloud(), name };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            using var functions = Open(shared, result);
            await functions.DeleteAsync(result.GetRequiredValue(name), cancellationToken);
            session.Terminal.OutputText.WriteLine($"Deleted the function {result.GetRequiredValue(name)}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static LambdaFunctions Open(SharedOptions shared, ParseResult result) => new(new LambdaOptions
    {
        Region = result.GetValue(shared.Region),
        Profile = result.GetValue(shared.Profile),
        EndpointUrl = result.GetValue(shared.EndpointUrl),
        RetryFor = TimeSpan.FromMinutes(2),
    });

    private static Dictionary<string, string> ParseVariables(string[] texts)
    {
        var variables = new Dictionary<string, string>();
        foreach (var text in texts)
        {
            if (text.Split('=', 2) is not [{ Length: > 0 } name, var value])
                throw new UsageException($"'{text}' is not NAME=VALUE");
            variables[name] = value;
        }

        return variables;
    }

    private static Argument<string> Cloud()
    {
        var cloud = new Argument<string>("CLOUD") { Description = $"Whose: {Lambda}." };
        cloud.AcceptOnlyFromAmong(Lambda);
        return cloud;
    }

    private static Option<string> Name() => new("--name") { HelpName = "NAME", Description = "The function's name.", DefaultValueFactory = _ => "dataplug" };
}
