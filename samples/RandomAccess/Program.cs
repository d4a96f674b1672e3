// Some bytes from anywhere in a big gzip object: dotnet run --project samples/RandomAccess -- s3://bucket/log.txt.gz 123456789 1000
// With the index of gztool, indexed_gzip or bgzip as a fourth argument nothing is indexed twice.
using System.Globalization;
using Dataplug;
using Dataplug.Text;

var log = CloudObject.FromUri(GZipText.Format, args[0]);
if (args.Length > 3)
{
    #region import
    await using var index = File.OpenRead(args[3]);
    await GZipIndexFile.ImportAsync(log, index, args[3]);
    #endregion
}
else
{
    await log.PreprocessAsync();
}

#region seek
await using var content = await GZipObjectStream.OpenAsync(log);
content.Position = long.Parse(args[1], CultureInfo.InvariantCulture);
var bytes = new byte[int.Parse(args[2], CultureInfo.InvariantCulture)];
var length = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false);
#endregion

await Console.OpenStandardOutput().WriteAsync(bytes.AsMemory(0, length));
