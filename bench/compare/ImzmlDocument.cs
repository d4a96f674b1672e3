using System.Globalization;
using System.Text;

namespace Dataplug.Compare;

/// <summary>Writes imzML documents in the dialect that imzMLConverter made common: parameters in groups, indented, about 1180 bytes a
/// spectrum.</summary>
internal sealed class ImzmlDocument : IAsyncDisposable
{
    private readonly StreamWriter _writer;

    /// <summary>Begins a document.</summary>
    /// <param name="path">Where it is written.</param>
    /// <param name="uuid">The UUID of its ibd.</param>
    /// <param name="spectra">How many spectra follow.</param>
    /// <param name="isContinuous">Whether they share an m/z array.</param>
    /// <param name="mzSize">Bytes of an m/z value: 4 or 8, floats.</param>
    public ImzmlDocument(string path, Guid uuid, int spectra, bool isContinuous, int mzSize)
    {
        _writer = new StreamWriter(path, append: false, new UTF8Encoding(false), 1 << 20);
        var (kind, name) = isContinuous ? ("IMS:1000030", "continuous") : ("IMS:1000031", "processed");
        var (width, widthName) = mzSize == 8 ? ("MS:1000523", "64-bit float") : ("MS:1000521", "32-bit float");
        _writer.Write(string.Create(CultureInfo.InvariantCulture, $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <mzML xmlns="http://psi.hupo.org/ms/mzml" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://psi.hupo.org/ms/mzml http://psidev.info/files/ms/mzML/xsd/mzML1.1.0_idx.xsd" version="1.1">
            	<cvList count="3">
            		<cv id="MS" fullName="Proteomics Standards Initiative Mass Spectrometry Ontology" version="1.3.1" URI="http://psidev.info/ms/mzML/psi-ms.obo"/>
            		<cv id="UO" fullName="Unit Ontology" version="1.15" URI="http://obo.cvs.sourceforge.net/obo/obo/ontology/phenotype/unit.obo"/>
            		<cv id="IMS" fullName="Imaging MS Ontology" version="0.9.1" URI="http://www.maldi-msi.org/download/imzml/imagingMS.obo"/>
            	</cvList>
            	<fileDescription>
            		<fileContent>
            			<cvParam cvRef="MS" accession="MS:1000579" name="MS1 spectrum" value=""/>
            			<cvParam cvRef="IMS" accession="IMS:1000080" name="universally unique identifier" value="{uuid:D}"/>
            			<cvParam cvRef="IMS" accession="{kind}" name="{name}" value=""/>
            		</fileContent>
            	</fileDescription>
            	<referenceableParamGroupList count="3">
            		<referenceableParamGroup id="mzArray">
            			<cvParam cvRef="MS" accession="MS:1000576" name="no compression" value=""/>
            			<cvParam cvRef="MS" accession="MS:1000514" name="m/z array" value="" unitCvRef="MS" unitAccession="MS:1000040" unitName="m/z"/>
            			<cvParam cvRef="IMS" accession="IMS:1000101" name="external data" value="true"/>
            			<cvParam cvRef="MS" accession="{width}" name="{widthName}" value=""/>
            		</referenceableParamGroup>
            		<referenceableParamGroup id="intensityArray">
            			<cvParam cvRef="MS" accession="MS:1000576" name="no compression" value=""/>
            			<cvParam cvRef="MS" accession="MS:1000515" name="intensity array" value="" unitCvRef="MS" unitAccession="MS:1000131" unitName="number of counts"/>
            			<cvParam cvRef="IMS" accession="IMS:1000101" name="external data" value="true"/>
            			<cvParam cvRef="MS" accession="MS:1000521" name="32-bit float" value=""/>
            		</referenceableParamGroup>
            		<referenceableParamGroup id="spectrum1">
            			<cvParam cvRef="MS" accession="MS:1000579" name="MS1 spectrum" value=""/>
            			<cvParam cvRef="MS" accession="MS:1000511" name="ms level" value="0"/>
            			<cvParam cvRef="MS" accession="MS:1000128" name="profile spectrum" value=""/>
            			<cvParam cvRef="MS" accession="MS:1000129" name="negative scan" value=""/>
            			<cvParam cvRef="MS" accession="MS:1000512" name="filter string" value="ITMS - p NSI Full ms [100,00-800,00]"/>
            		</referenceableParamGroup>
            	</referenceableParamGroupList>
            	<softwareList count="1">
            		<software id="generator" version="1">
            			<cvParam cvRef="MS" accession="MS:1000799" name="custom unreleased software tool" value=""/>
            		</software>
            	</softwareList>
            	<scanSettingsList count="1">
            		<scanSettings id="scansettings1">
            			<cvParam cvRef="IMS" accession="IMS:1000401" name="top down" value=""/>
            			<cvParam cvRef="IMS" accession="IMS:1000413" name="flyback" value=""/>
            			<cvParam cvRef="IMS" accession="IMS:1000046" name="pixel size" value="100" unitCvRef="UO" unitAccession="UO:0000017" unitName="micrometer"/>
            		</scanSettings>
            	</scanSettingsList>
            	<instrumentConfigurationList count="1">
            		<instrumentConfiguration id="instrument1">
            			<cvParam cvRef="MS" accession="MS:1000031" name="instrument model" value=""/>
            		</instrumentConfiguration>
            	</instrumentConfigurationList>
            	<dataProcessingList count="1">
            		<dataProcessing id="processing1">
            			<processingMethod order="1" softwareRef="generator">
            				<cvParam cvRef="MS" accession="MS:1000544" name="Conversion to mzML" value=""/>
            			</processingMethod>
            		</dataProcessing>
            	</dataProcessingList>
            	<run defaultInstrumentConfigurationRef="instrument1" id="Experiment01">
            		<spectrumList count="{spectra}" defaultDataProcessingRef="processing1">

            """));
    }

    /// <summary>Writes a spectrum.</summary>
    /// <param name="number">Its number, from 0.</param>
    /// <param name="x">Its column.</param>
    /// <param name="y">Its row.</param>
    /// <param name="points">Its points.</param>
    /// <param name="mzOffset">Where its m/z array is in the ibd.</param>
    /// <param name="mzSize">Bytes of an m/z value.</param>
    /// <param name="intensityOffset">Where its intensities are, of four bytes each.</param>
    public void Write(int number, int x, int y, int points, long mzOffset, int mzSize, long intensityOffset) => _writer.Write(string.Create(CultureInfo.InvariantCulture, $"""
        <spectrum id="Scan={number + 1}" defaultArrayLength="0" index="{number}">
        	<referenceableParamGroupRef ref="spectrum1"/>
        	<scanList count="1">
        		<scan>
        			<cvParam cvRef="IMS" accession="IMS:1000050" name="position x" value="{x}"/>
        			<cvParam cvRef="IMS" accession="IMS:1000051" name="position y" value="{y}"/>
        		</scan>
        	</scanList>
        	<binaryDataArrayList count="2">
        		<binaryDataArray encodedLength="0">
        			<referenceableParamGroupRef ref="mzArray"/>
        			<cvParam cvRef="IMS" accession="IMS:1000103" name="external array length" value="{points}"/>
        			<cvParam cvRef="IMS" accession="IMS:1000102" name="external offset" value="{mzOffset}"/>
        			<cvParam cvRef="IMS" accession="IMS:1000104" name="external encoded length" value="{(long)points * mzSize}"/>
        			<binary/>
        		</binaryDataArray>
        		<binaryDataArray encodedLength="0">
        			<referenceableParamGroupRef ref="intensityArray"/>
        			<cvParam cvRef="IMS" accession="IMS:1000103" name="external array length" value="{points}"/>
        			<cvParam cvRef="IMS" accession="IMS:1000102" name="external offset" value="{intensityOffset}"/>
        			<cvParam cvRef="IMS" accession="IMS:1000104" name="external encoded length" value="{(long)points * 4}"/>
        			<binary/>
        		</binaryDataArray>
        	</binaryDataArrayList>
        </spectrum>

        """));

    /// <summary>Ends the document.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.WriteAsync("\t\t</spectrumList>\n\t</run>\n</mzML>\n");
        await _writer.DisposeAsync();
    }
}
